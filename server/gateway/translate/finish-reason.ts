import { recordOf } from './json-values.ts';

/** Why an answer ended, as Chat Completions tells it. */
export type FinishReason = 'stop' | 'length' | 'content_filter' | 'tool_calls';

/** What the client reads: a client of the legacy `functions` knows calls by another name. */
export type ClientFinishReason = FinishReason | 'function_call';

/**
 * The finish reason of a terminal event: calls win over everything, because a client that is told anything else does
 * not run them; then why the answer is incomplete; else `stop`.
 * @param terminal the type of the terminal event and its `response` object
 * @param hasCalls whether a call was given to the client
 */
export function finishReason(terminal: { type: string; response: unknown }, hasCalls: boolean): FinishReason {
  if (hasCalls) return 'tool_calls';
  const response = recordOf(terminal.response);
  if (terminal.type !== 'response.incomplete' && response['status'] !== 'incomplete') return 'stop';
  const reason = recordOf(response['incomplete_details'])['reason'];
  return reason === 'content_filter' ? 'content_filter' : 'length';
}

export function clientFinishReason(reason: FinishReason, legacyFunctions: boolean): ClientFinishReason {
  return legacyFunctions && reason === 'tool_calls' ? 'function_call' : reason;
}
