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
  return new Facts(options.keepItems);
}

/** A class because one is made per attempt and read per event: an object literal with getters costs several times as much. */
class Facts implements AnswerFacts {
  readonly encryptedContents: string[] = [];
  usage: Usage = unknownUsage;
  turnState: string | null = null;
  rateLimits: EventJson | null = null;
  failure: EventJson | null = null;
  terminal: ResponseJson | null = null;
  lastEvent: UpstreamEvent | null = null;
  /** The first echo of the request; read only when somebody asks before the end. */
  #opening: UpstreamEvent | null = null;
  #final: ResponseJson | null = null;
  readonly #outputItems: ReturnType<typeof createOutputItems> | undefined;

  constructor(keepItems: boolean) {
    this.#outputItems = keepItems ? createOutputItems() : undefined;
  }

  observe(event: UpstreamEvent): void {
    this.lastEvent = event;
    if (event.isDelta) return;
    switch (event.type) {
      case 'response.output_item.done':
        return this.#readItem(event);
      case 'response.created':
      case 'response.in_progress':
      case 'response.queued':
        // Three echoes of the request: the first one says it all.
        this.#opening ??= event;
        return;
      case 'response.completed':
      case 'response.incomplete':
        this.terminal = responseOf(event);
        this.#final = this.terminal;
        this.usage = usageOf(this.terminal);
        return;
      case 'response.failed':
        this.#final = responseOf(event);
        this.usage = usageOf(this.#final);
        this.failure = event.json();
        return;
      case 'error':
        this.failure = event.json();
        return;
      case 'response.metadata':
      case 'codex.response.metadata':
        this.turnState = headerOf(event, 'x-codex-turn-state') ?? this.turnState;
        return;
      case 'codex.rate_limits':
        this.rateLimits = event.json();
    }
  }

  get responseId(): string | null {
    return textOrNull(this.#told('id'));
  }

  get servedModel(): string | null {
    return textOrNull(this.#told('model'));
  }

  get status(): string | null {
    return this.failure ? 'failed' : textOrNull(this.#told('status'));
  }

  get incompleteReason(): string | null {
    return textOrNull(recordOf(this.#told('incomplete_details'))['reason']);
  }

  get items(): readonly ResponsesItem[] {
    return this.#outputItems?.list() ?? [];
  }

  /** A field of the `response` object, as the last event that has one tells it. */
  #told(field: string): unknown {
    return this.#final?.[field] ?? (this.#opening ? responseOf(this.#opening)[field] : undefined);
  }

  #readItem(event: UpstreamEvent): void {
    this.#outputItems?.add(event);
    // A quote inside a JSON string is escaped, so the quoted name can only be a key: big images stay unparsed.
    if (!event.data.includes('"encrypted_content"')) return;
    const content = recordOf(recordOf(event.json())['item'])['encrypted_content'];
    if (typeof content === 'string' && content !== '') this.encryptedContents.push(content);
  }
}

function responseOf(event: UpstreamEvent): ResponseJson {
  return recordOf(event.json()['response']);
}

function headerOf(event: UpstreamEvent, name: string): string | null {
  const header = Object.entries(recordOf(event.json()['headers'])).find(([key]) => key.toLowerCase() === name);
  return textOrNull(Array.isArray(header?.[1]) ? header[1][0] : header?.[1]);
}
