import { expect, test } from 'bun:test';
import {
  ask,
  chat,
  expectOneRow,
  gate,
  payloadsOf,
  read,
  readerOf,
  responses,
  streamedWays,
  untilProbed,
  ways,
} from '../../support/gateway-faults.ts';
import { textAnswer } from '../../support/scripted-answers.ts';
import { startGateway } from '../../support/start-gateway.ts';

const terminals = (raw: string) =>
  payloadsOf(raw).filter(
    (payload) =>
      payload === '[DONE]' ||
      ['response.completed', 'response.incomplete', 'response.failed', 'error'].includes(String(payload['type'])),
  );

for (const way of streamedWays) {
  test(`S6: a complete stream has exactly one terminal, and it comes last (${way.name})`, async () => {
    await using gateway = await untilProbed(await startGateway());
    for (const fault of ['', '[[sim:fault incomplete]]', '[[sim:fault content-filter]]']) {
      const got = await read(await ask(gateway, way, fault));
      expect(got).toMatchObject({ isComplete: true, error: undefined });
      expect(terminals(got.raw)).toEqual(got.payloads.slice(-1));
    }
  });

  test(`S6: what the upstream sends after its terminal event changes nothing (${way.name})`, async () => {
    await using gateway = await untilProbed(await startGateway());
    const late = {
      type: 'response.output_text.delta',
      item_id: 'msg_scripted',
      output_index: 0,
      content_index: 0,
      delta: 'too late',
    };
    const events = [
      ...textAnswer(['on time']),
      late,
      { type: 'error', code: 'server_error', message: 'too late' },
      'data: [DONE]\n\n',
    ];
    gateway.simulator.script({ reply: { kind: 'stream', events } });
    const got = await read(await ask(gateway, way, 'hi'));
    expect(got).toMatchObject({ isComplete: true, error: undefined, text: 'on time' });
    expect(terminals(got.raw)).toHaveLength(1);
    await expectOneRow(gateway, { status_code: 200, error_code: null });
  });

  test(`S7: a client that leaves at the terminal event has its usage on record (${way.name})`, async () => {
    await using gateway = await untilProbed(await startGateway());
    const stay = gate();
    const events = textAnswer(['Hello']);
    // The backend keeps its connection open after the last event.
    gateway.simulator.script({
      reply: { kind: 'stream', events, wait: (index) => (index === events.length ? stay.opened : undefined) },
    });

    const reader = readerOf(await ask(gateway, way, 'hi'));
    await reader.until((raw) => raw.includes(way === chat ? '"finish_reason":"stop"' : 'event: response.completed'));
    await reader.leave();
    await expectOneRow(gateway, {
      status_code: 200,
      error_code: null,
      input_tokens: 11,
      cached_tokens: 3,
      output_tokens: 7,
      reasoning_tokens: 0,
    });
    stay.open();
  });
}

for (const way of ways) {
  test(`S13: a served model other than the asked one is recorded (${way.name})`, async () => {
    await using gateway = await untilProbed(await startGateway());
    gateway.simulator.script({
      reply: { kind: 'stream', events: textAnswer(['Hello'], { model: 'gpt-5.5-mini-2026-01-01' }) },
    });
    expect(await read(await ask(gateway, way, 'hi'))).toMatchObject({ status: 200, text: 'Hello' });
    await expectOneRow(gateway, { model: 'gpt-5.5', served_model: 'gpt-5.5-mini-2026-01-01' });
  });

  test(`S16: private events do not reach a client that is not Codex (${way.name})`, async () => {
    await using gateway = await untilProbed(await startGateway());
    const between = [
      { type: 'keepalive' },
      { type: 'codex.rate_limits', rate_limits: { primary: { used_percent: 71, window_minutes: 300 } } },
      { type: 'response.metadata', headers: { 'x-secret': 'secret-metadata' } },
      { type: 'codex.something_new', text: 'secret-codex' },
      { type: 'responsesapi.websocket_timing', text: 'secret-timing' },
    ];
    gateway.simulator.script({ reply: { kind: 'stream', events: textAnswer(['Hel', 'lo'], { between }) } });
    const got = await read(await ask(gateway, way, 'hi'));
    expect(got).toMatchObject({ status: 200, text: 'Hello', isComplete: true });
    expect(got.raw).not.toMatch(/codex\.|keepalive|response\.metadata|responsesapi|secret-|rate_limits/);
  });
}

test('S16: a Codex client gets the private events it knows, but not the quota of one account', async () => {
  await using gateway = await untilProbed(await startGateway());
  const between = [
    { type: 'codex.rate_limits', rate_limits: {} },
    { type: 'codex.something_new', text: 'for codex' },
  ];
  gateway.simulator.script({ reply: { kind: 'stream', events: textAnswer(['Hello'], { between }) } });
  const got = await read(await ask(gateway, responses, 'hi', { headers: { originator: 'codex_cli_rs' } }));
  expect(got).toMatchObject({ text: 'Hello', isComplete: true });
  expect(got.raw).toContain('for codex');
  expect(got.raw).not.toContain('codex.rate_limits');
});
