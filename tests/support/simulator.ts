import type { SimulatedAccount } from '../../server/simulator/account.ts';
import type { Simulator } from '../../server/simulator/simulator.ts';

type Json = Record<string, unknown>;

/** A body the simulated backend accepts in the standard dialect; `text` is the user's message. */
export function codexBody(text: string, overrides: Json = {}): Json {
  return {
    model: 'gpt-5.5',
    instructions: 'Be brief.',
    input: [{ type: 'message', role: 'user', content: [{ type: 'input_text', text }] }],
    store: false,
    stream: true,
    ...overrides,
  };
}

/** The headers that identify an account to the backend. */
export function codexHeaders(account: SimulatedAccount): Record<string, string> {
  return { authorization: `Bearer ${account.accessToken}`, 'chatgpt-account-id': account.accountId };
}

/** A direct call to the simulated /responses, without a gateway between. */
export function callCodex(
  simulator: Simulator,
  account: SimulatedAccount,
  body: Json,
  init: { headers?: Record<string, string>; signal?: AbortSignal } = {},
): Promise<Response> {
  return fetch(`${simulator.baseUrl}/responses`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...codexHeaders(account), ...init.headers },
    body: JSON.stringify(body),
    ...(init.signal ? { signal: init.signal } : {}),
  });
}

/** The events of a whole stream; every record must be an `event:` line, its `data:` line and a blank line. */
export function codexEvents(text: string): Json[] {
  if (text !== '' && !text.endsWith('\n\n')) throw new Error('The stream ends inside a record');
  return text
    .split('\n\n')
    .slice(0, -1)
    .map((record) => {
      const [, type, data] = /^event: (\S+)\ndata: (.*)$/.exec(record) ?? [];
      const json = JSON.parse(data ?? 'null') as Json;
      if (json?.['type'] !== type) throw new Error(`Not a record of the backend: ${record}`);
      return json;
    });
}

/** The finished items of a stream, in order. */
export function codexItems(events: readonly Json[]): Json[] {
  return events.filter((event) => event['type'] === 'response.output_item.done').map((event) => event['item'] as Json);
}
