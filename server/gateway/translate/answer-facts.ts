import type { ResponsesItem } from '../../contract/responses-body.ts';
import { type Usage, unknownUsage } from '../../contract/usage.ts';
import type { EventJson, UpstreamEvent } from '../upstream-event.ts';
import { recordOf, textOrNull } from './json-values.ts';
import { createOutputItems } from './output-items.ts';
import { usageOf } from './usage.ts';

/** The `response` object of an event, as the upstream wrote it. */
export type ResponseJson = Record<string, unknown>;

/** What one answer told about itself so far. Everything but text: that is for writers and collectors. */
export interface AnswerFacts {
  /** Reads one event. A delta costs one comparison of its type. */
  observe(event: UpstreamEvent): void;
  readonly responseId: string | null;
  /** The model the upstream says it served. */
  readonly servedModel: string | null;
  /** `in_progress`, then `completed`, `incomplete` or `failed`; null before the first event. */
  readonly status: string | null;
  /** `max_output_tokens` or `content_filter` of an incomplete answer. */
  readonly incompleteReason: string | null;
  readonly usage: Usage;
  /** Finished items by output index; always empty without `keepItems`. */
  readonly items: readonly ResponsesItem[];
  /** Of reasoning and compaction items, oldest first: they can only be used on the account that made them. */
  readonly encryptedContents: readonly string[];
  /** `x-codex-turn-state` as told inside the stream. */
  readonly turnState: string | null;
  /** The last `codex.rate_limits` event of the main limit or any other family. */
  readonly rateLimits: EventJson | null;
  /** The `response.failed` or `error` event. */
  readonly failure: EventJson | null;
  /** The `response` object of the terminal event, untouched: its `output` is usually empty. */
  readonly terminal: ResponseJson | null;
  /** The last event that was observed; its `sequence_number` is read only when a failure must continue the count. */
  readonly lastEvent: UpstreamEvent | null;
}

/** @param options.keepItems whether `items` are kept: relayed and stored answers need them, a chat stream does not. */
export function createAnswerFacts(options: { keepItems: boolean }): AnswerFacts {
  const outputItems = createOutputItems();
  const encryptedContents: string[] = [];
  let response: ResponseJson | null = null;
  let terminal: ResponseJson | null = null;
  let usage: Usage = unknownUsage;
  let turnState: string | null = null;
  let rateLimits: EventJson | null = null;
  let failure: EventJson | null = null;
  let lastEvent: UpstreamEvent | null = null;

  function readItem(event: UpstreamEvent): void {
    if (options.keepItems) outputItems.add(event);
    // A quote inside a JSON string is escaped, so the quoted name can only be a key: big images stay unparsed.
    if (!event.data.includes('"encrypted_content"')) return;
    const content = recordOf(recordOf(event.json())['item'])['encrypted_content'];
    if (typeof content === 'string' && content !== '') encryptedContents.push(content);
  }

  return {
    observe(event) {
      lastEvent = event;
      if (event.type.endsWith('.delta')) return;
      switch (event.type) {
        case 'response.output_item.done':
          return readItem(event);
        case 'response.created':
        case 'response.in_progress':
        case 'response.queued':
          // Three echoes of the request: the first one says it all.
          response ??= responseOf(event);
          return;
        case 'response.completed':
        case 'response.incomplete':
          terminal = responseOf(event);
          response = { ...response, ...terminal };
          usage = usageOf(terminal);
          return;
        case 'response.failed':
          response = { ...response, ...responseOf(event) };
          usage = usageOf(response);
          failure = event.json();
          return;
        case 'error':
          failure = event.json();
          return;
        case 'response.metadata':
        case 'codex.response.metadata':
          turnState = headerOf(event, 'x-codex-turn-state') ?? turnState;
          return;
        case 'codex.rate_limits':
          rateLimits = event.json();
      }
    },
    get responseId() {
      return textOrNull(response?.['id']);
    },
    get servedModel() {
      return textOrNull(response?.['model']);
    },
    get status() {
      return failure ? 'failed' : textOrNull(response?.['status']);
    },
    get incompleteReason() {
      return textOrNull(recordOf(response?.['incomplete_details'])['reason']);
    },
    get usage() {
      return usage;
    },
    get items() {
      return outputItems.list();
    },
    encryptedContents,
    get turnState() {
      return turnState;
    },
    get rateLimits() {
      return rateLimits;
    },
    get failure() {
      return failure;
    },
    get terminal() {
      return terminal;
    },
    get lastEvent() {
      return lastEvent;
    },
  };
}

function responseOf(event: UpstreamEvent): ResponseJson {
  return recordOf(event.json()['response']);
}

function headerOf(event: UpstreamEvent, name: string): string | null {
  const header = Object.entries(recordOf(event.json()['headers'])).find(([key]) => key.toLowerCase() === name);
  return textOrNull(Array.isArray(header?.[1]) ? header[1][0] : header?.[1]);
}
