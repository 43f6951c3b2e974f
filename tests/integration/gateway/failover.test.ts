import { expect, test } from 'bun:test';
import type { Reply } from '../../../server/simulator/script.ts';
import {
  active,
  ask,
  askedAccounts,
  expectOneRow,
  gate,
  read,
  readerOf,
  stateOf,
  streamedWays,
  untilProbed,
  ways,
  wholeWays,
} from '../../support/gateway-faults.ts';
import { textAnswer } from '../../support/scripted-answers.ts';
import { startGateway, type TestGateway } from '../../support/start-gateway.ts';

const greeting = 'Hello from the simulated backend, speaking as gpt-5.5.';

function twoOf(gateway: TestGateway) {
  const [first, second] = gateway.accounts;
  if (!first || !second) throw new Error('The test wants two accounts');
  return { first, second };
}

for (const way of ways) {
  for (const fault of ['overloaded', 'failed', 'error', 'limit-event', 'early-cut', 'reset', '503', '500'] as const) {
    test(`F7: after ${fault} before any output a second account answers and the client sees one clean answer (${way.name})`, async () => {
      await using gateway = await untilProbed(await startGateway({ accounts: 2 }));
      const { first, second } = twoOf(gateway);
      gateway.simulator.script({ reply: fault });

      const got = await read(await ask(gateway, way, 'hi'));

      expect(got).toMatchObject({ status: 200, error: undefined, isComplete: true, text: greeting });
      expect(got.raw.match(/"response\.created"/g) ?? []).toHaveLength(
        way.path === '/v1/responses' && way.streamed ? 1 : 0,
      );
      expect(askedAccounts(gateway)).toEqual([first.name, second.name]);
      const row = await expectOneRow(gateway, {
        status_code: 200,
        error_code: null,
        attempts: 2,
        token_id: gateway.idOf(second),
      });
      expect(row['input_tokens']).toBeGreaterThan(0);
      const becomes = fault === 'limit-event' ? { state: 'cooling', reason: 'usage_limit_reached' } : active;
      expect(stateOf(gateway, first)).toMatchObject(becomes);
      expect(stateOf(gateway, second)).toEqual(active);
    });
  }

  test(`F7: the same account is asked again after a moment when there is no other (${way.name})`, async () => {
    await using gateway = await untilProbed(await startGateway());
    gateway.simulator.script({ reply: 'overloaded' });
    expect(await read(await ask(gateway, way, 'hi'))).toMatchObject({ status: 200, isComplete: true, text: greeting });
    await expectOneRow(gateway, { status_code: 200, attempts: 2 });
  });

  test(`F7: when every attempt fails before output the client gets a status and no stream (${way.name})`, async () => {
    await using gateway = await untilProbed(await startGateway({ accounts: 2, env: { MAX_ATTEMPTS: '2' } }));
    gateway.simulator.script({ reply: 'overloaded', times: 2 });
    const got = await read(await ask(gateway, way, 'hi'));
    expect(got).toMatchObject({ status: 503, error: { code: 'server_is_overloaded' }, isComplete: false });
    expect(got.headers.get('content-type')).toStartWith('application/json');
    await expectOneRow(gateway, { status_code: 503, error_code: 'server_is_overloaded', attempts: 2 });
    expect(gateway.accounts.map((account) => stateOf(gateway, account))).toEqual([active, active]);
  });
}

type AlteredAnswer = Extract<Reply, { kind: 'answer' }>;

/** Ways to break after `Hello from`, the first two deltas of the ordinary answer. */
const lateFaults: readonly { fault: string; code: string; reply: AlteredAnswer }[] = [
  {
    fault: 'an overload',
    code: 'server_is_overloaded',
    reply: {
      kind: 'answer',
      keep: 6,
      events: [
        {
          type: 'response.failed',
          response: { status: 'failed', error: { code: 'server_is_overloaded', message: 'Busy.' } },
        },
      ],
    },
  },
  { fault: 'a cut', code: 'upstream_incomplete', reply: { kind: 'answer', keep: 6, ending: 'cut' } },
  { fault: 'a reset', code: 'upstream_incomplete', reply: { kind: 'answer', keep: 6, ending: 'reset' } },
  { fault: 'an early end', code: 'upstream_incomplete', reply: { kind: 'answer', keep: 6, ending: 'end' } },
  { fault: 'a stall', code: 'upstream_timeout', reply: { kind: 'answer', keep: 6, ending: 'stall' } },
];

/** The reply, held back before its break until the client has got what comes before. */
function heldBack(reply: AlteredAnswer): { reply: AlteredAnswer; release: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { reply: { ...reply, wait: (index) => (index === reply.keep ? promise : undefined) }, release: resolve };
}

for (const { fault, code, reply } of lateFaults) {
  for (const way of streamedWays) {
    test(`F8: ${fault} after the first text is an error event, and nothing is replayed (${way.name})`, async () => {
      await using gateway = await untilProbed(await startGateway({ accounts: 2, env: { IDLE_TIMEOUT_MS: '300' } }));
      const { first, second } = twoOf(gateway);
      const held = heldBack(reply);
      gateway.simulator.script({ reply: held.reply });

      const reader = readerOf(await ask(gateway, way, 'hi'));
      await reader.until((raw) => raw.includes('from'));
      held.release();
      const got = await reader.rest();

      expect(got).toMatchObject({ status: 200, text: 'Hello from', isComplete: false, error: { code } });
      expect(got.raw).not.toContain('[DONE]');
      expect(got.raw).not.toContain('"finish_reason":"stop"');
      expect(askedAccounts(gateway)).toEqual([first.name]);
      await expectOneRow(gateway, { status_code: 200, error_code: code, attempts: 1, token_id: gateway.idOf(first) });
      expect([stateOf(gateway, first), stateOf(gateway, second)]).toEqual([active, active]);
    });
  }

  for (const way of wholeWays) {
    test(`F8: ${fault} inside a whole answer is answered by another account, as nothing was sent (${way.name})`, async () => {
      await using gateway = await untilProbed(await startGateway({ accounts: 2, env: { IDLE_TIMEOUT_MS: '300' } }));
      const { second } = twoOf(gateway);
      gateway.simulator.script({ reply });
      expect(await read(await ask(gateway, way, 'hi'))).toMatchObject({
        status: 200,
        error: undefined,
        text: greeting,
      });
      await expectOneRow(gateway, { status_code: 200, error_code: null, attempts: 2, token_id: gateway.idOf(second) });
    });
  }
}

for (const way of streamedWays) {
  test(`F8: text that comes in one read with the error that ends it still reaches the client (${way.name})`, async () => {
    await using gateway = await untilProbed(await startGateway());
    const begun = textAnswer(['Hello', ' from', ' here']).slice(0, 6);
    const last = [
      ...textAnswer([' here']).filter(({ type }) => type === 'response.output_text.delta'),
      { type: 'error', error: { type: 'server_error', code: 'server_error', message: 'Broken.' } },
    ];
    const chunks = [begun, last].map((events) =>
      Buffer.from(events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join('')),
    );
    const rest = gate();
    const wait = (index: number) => (index === 1 ? rest.opened : undefined);
    gateway.simulator.script({ reply: { kind: 'stream', chunks, wait } });

    const reader = readerOf(await ask(gateway, way, 'hi'));
    await reader.until((raw) => raw.includes('from'));
    rest.open();
    const got = await reader.rest();

    expect(got).toMatchObject({ text: 'Hello from here', isComplete: false });
    expect(got.error).toBeDefined();
  });

  test(`F8: a refusal of the account after the first text rests it once (${way.name})`, async () => {
    await using gateway = await untilProbed(await startGateway({ accounts: 2 }));
    const { first, second } = twoOf(gateway);
    const error = { type: 'forbidden', code: 'unsupported_country_region_territory', message: 'No.' };
    gateway.simulator.script({ reply: { kind: 'answer', keep: 6, events: [{ type: 'error', status: 403, error }] } });

    const got = await read(await ask(gateway, way, 'hi'));

    expect(got).toMatchObject({ status: 200, text: 'Hello from', isComplete: false });
    expect(got.error).toBeDefined();
    expect(askedAccounts(gateway)).toEqual([first.name]);
    expect(stateOf(gateway, first)).toMatchObject({ state: 'cooling', reason: 'region_not_authorized' });
    expect(gateway.account(first)['failure_streak']).toBe(1);
    expect(stateOf(gateway, second)).toEqual(active);
    await expectOneRow(gateway, { status_code: 200, error_code: 'region_not_authorized', attempts: 1 });
  });

  test(`F11: once a piece of a tool call has gone out, the call is never sent again (${way.name})`, async () => {
    await using gateway = await untilProbed(await startGateway({ accounts: 2 }));
    const { first } = twoOf(gateway);
    const tool = { name: 'pay', parameters: { type: 'object', properties: { amount: { type: 'number' } } } };
    const tools = [way.path === '/v1/responses' ? { type: 'function', ...tool } : { type: 'function', function: tool }];
    // The answer begins, the call is announced, its first piece comes.
    const held = heldBack({ kind: 'answer', keep: 4, ending: 'cut' });
    gateway.simulator.script({ reply: held.reply });

    const reader = readerOf(await ask(gateway, way, '[[sim:tool pay {"amount":100}]]', { body: { tools } }));
    await reader.until((raw) => raw.includes('amount'));
    held.release();
    const got = await reader.rest();

    expect(got).toMatchObject({ isComplete: false, error: { code: 'upstream_incomplete' } });
    expect(got.raw).not.toContain('"finish_reason":"tool_calls"');
    expect(got.raw).not.toContain('[DONE]');
    expect(askedAccounts(gateway)).toEqual([first.name]);
    await expectOneRow(gateway, { error_code: 'upstream_incomplete', attempts: 1 });
  });
}

for (const way of ways) {
  test(`F12: the words of an error inside the answer are just text (${way.name})`, async () => {
    await using gateway = await untilProbed(await startGateway({ accounts: 2 }));
    const { first } = twoOf(gateway);
    const deltas = [
      'server_is_overloaded: ',
      'rate limit reached, try again in 1.2s. ',
      '{"type":"error","code":"usage_limit_reached"} ',
      '\n\ndata: [DONE]\n\n',
    ];
    gateway.simulator.script({ reply: { kind: 'stream', events: textAnswer(deltas) } });
    const got = await read(await ask(gateway, way, 'hi'));
    expect(got).toMatchObject({ status: 200, error: undefined, isComplete: true, text: deltas.join('') });
    expect(askedAccounts(gateway)).toEqual([first.name]);
    await expectOneRow(gateway, { status_code: 200, error_code: null, attempts: 1 });
    expect(stateOf(gateway, first)).toEqual(active);
  });
}
