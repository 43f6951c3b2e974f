import { createAnswerFacts } from '../../server/gateway/translate/answer-facts.ts';
import type { ResponsesAnswerOptions } from '../../server/gateway/translate/responses-answer.ts';
import { createResponsesWriter } from '../../server/gateway/translate/responses-relay.ts';
import type { UpstreamEvent } from '../../server/gateway/upstream-event.ts';
import { createSseDecoder } from '../../server/sse/decode.ts';
import { textOf, toBytes } from '../../server/sse/event.ts';

/** A writer and its facts, with what the gateway does with them. */
export function createRelay(options: Partial<ResponsesAnswerOptions> = {}) {
  const facts = createAnswerFacts({ keepItems: true });
  const writer = createResponsesWriter({
    isCodexClient: false,
    keepsResponse: false,
    previousResponseId: null,
    ...options,
    facts,
  });
  return {
    writer,
    pass(event: UpstreamEvent): string {
      facts.observe(event);
      return writer.write(event);
    },
  };
}

/** The JSON of the events a client reads from `bytes`. */
export function readEvents(bytes: string): Record<string, unknown>[] {
  const events = createSseDecoder({ maxEventBytes: 1e8 }).push(toBytes(bytes));
  return events.map((event) => JSON.parse(textOf(event.data)));
}

/** What the client of a streamed answer gets. */
export function relayed(
  events: readonly UpstreamEvent[],
  options: Partial<ResponsesAnswerOptions> = {},
): Record<string, unknown>[] {
  const { pass, writer } = createRelay(options);
  return readEvents(events.map(pass).join('') + writer.end());
}
