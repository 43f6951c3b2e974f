import { jsonBytes } from '../../sse/event.ts';
import type { AnswerWriter } from '../answer.ts';
import { isPrivate, type UpstreamEvent } from '../upstream-event.ts';
import type { AnswerFacts } from './answer-facts.ts';
import { recordOf } from './json-values.ts';
import { clientResponse, type ResponsesAnswerOptions, withoutServedModel } from './responses-answer.ts';

export interface ResponsesWriterOptions extends ResponsesAnswerOptions {
  /**
   * The facts of the same answer, made with `keepItems`. They must have observed an event before it is written:
   * the terminal event is completed from the items they hold.
   */
  facts: Pick<AnswerFacts, 'items' | 'responseId' | 'lastEvent'>;
}

const responseEvents = new Set([
  'response.created',
  'response.queued',
  'response.in_progress',
  'response.completed',
  'response.incomplete',
  'response.failed',
]);
const metadataEvents = new Set(['response.metadata', 'codex.response.metadata']);

/** What becomes of an event: copied as it is, left out, its `response` object or its headers changed. */
type Treatment = 'verbatim' | 'drop' | 'response' | 'metadata';

/**
 * Relays an answer to a client of `/v1/responses`. Nearly all events pass untouched; the few with a `response` object
 * are rewritten by {@link clientResponse}. Private events reach Codex clients only, and `codex.rate_limits` nobody:
 * one account's quota says nothing about the pool, and a status line would jump from account to account.
 */
export function createResponsesWriter(options: ResponsesWriterOptions): AnswerWriter {
  const { facts, isCodexClient } = options;

  function treatmentOf(type: string): Treatment {
    if (type.endsWith('.delta')) return 'verbatim';
    if (responseEvents.has(type)) return 'response';
    if (!isPrivate(type)) return 'verbatim';
    if (!isCodexClient || type === 'codex.rate_limits') return 'drop';
    return metadataEvents.has(type) ? 'metadata' : 'verbatim';
  }

  return {
    isVerbatim: (event) => treatmentOf(event.type) === 'verbatim',
    write(event) {
      switch (treatmentOf(event.type)) {
        case 'verbatim':
          return eventText(event.type, oneLine(event));
        case 'drop':
          return '';
        case 'metadata':
          return eventText(event.type, jsonBytes(withoutServedModel(event.json())));
        case 'response':
          return eventText(event.type, jsonBytes(rewritten(event)));
      }
    },
    end: () => '',
    fail(error) {
      const { code, message, param } = error.toBody().error;
      // The CLI sends a turn again after a `response.failed` with such a code; an SDK raises on `error`.
      if (isCodexClient && facts.responseId !== null) {
        const response = { id: facts.responseId, status: 'failed', error: { code, message } };
        return eventText('response.failed', jsonBytes({ type: 'response.failed', response }));
      }
      const failure = { type: 'error', code, message, param, sequence_number: nextSequenceNumber(facts.lastEvent) };
      return eventText('error', jsonBytes(failure));
    },
    // A comment does not reset the CLI's idle timer, and an SDK cannot read an event it does not know.
  };

  function rewritten(event: UpstreamEvent): Record<string, unknown> {
    const json = event.json();
    const isTerminal = event.type === 'response.completed' || event.type === 'response.incomplete';
    const response = clientResponse(recordOf(json['response']), options, isTerminal ? facts.items : undefined);
    // The type is written anew: it may have come under its old name.
    return { ...json, type: event.type, response };
  }
}

function eventText(type: string, data: string): string {
  return `event: ${type}\ndata: ${data}\n\n`;
}

/** Data that came in several lines is one JSON text all the same: line breaks can only stand between its tokens. */
function oneLine(event: UpstreamEvent): string {
  return event.data.includes('\n') ? event.data.replaceAll('\n', ' ') : event.data;
}

/** Read from the bytes: the event that could not be read may be the very reason of the failure. */
function nextSequenceNumber(event: UpstreamEvent | null): number {
  const last = /"sequence_number"\s*:\s*(\d+)/.exec(event?.data ?? '');
  return last ? Number(last[1]) + 1 : 0;
}
