import { expect, test } from 'bun:test';
import {
  ask,
  chat,
  expectOneRow,
  gate,
  read,
  readerOf,
  streamedWays,
  untilProbed,
  ways,
  wholeChat,
} from '../../support/gateway-faults.ts';
import { textAnswer } from '../../support/scripted-answers.ts';
import { startGateway } from '../../support/start-gateway.ts';

for (const way of ways) {
  test(`S15: a text of 4 MB in one event arrives whole (${way.name})`, async () => {
    await using gateway = await untilProbed(await startGateway());
    const text = 'Füllung "im" Text\n'.repeat(220_000);
    gateway.simulator.script({ reply: { kind: 'stream', events: textAnswer([text]) } });
    const got = await read(await ask(gateway, way, 'hi'));
    expect(got).toMatchObject({ status: 200, error: undefined, isComplete: true });
    expect(got.text === text).toBe(true);
    await expectOneRow(gateway, { status_code: 200, error_code: null });
  });

  test(`S15: 10,000 events arrive in order (${way.name})`, async () => {
    await using gateway = await untilProbed(await startGateway());
    const got = await read(await ask(gateway, way, '[[sim:text 10000]]'));
    const expected = Array.from({ length: 10_000 }, (_, index) => `word${index + 1} `).join('');
    expect(got.isComplete).toBe(true);
    expect(got.text === expected).toBe(true);
    await expectOneRow(gateway, { status_code: 200, error_code: null });
  });
}

for (const way of [chat, wholeChat]) {
  test(`S15: four times the text in one event takes about four times the work (${way.name})`, async () => {
    await using gateway = await untilProbed(await startGateway());
    const cpuFor = async (characters: number) => {
      const text = 'x'.repeat(characters);
      gateway.simulator.script({ reply: { kind: 'stream', events: textAnswer([text]) } });
      const before = process.cpuUsage();
      expect((await read(await ask(gateway, way, 'hi'))).text).toHaveLength(characters);
      const { user, system } = process.cpuUsage(before);
      return user + system;
    };
    await cpuFor(2_000_000);
    const [small, large] = [await cpuFor(2_000_000), await cpuFor(8_000_000)];
    // Quadratic work would be 16 times as much; the bound leaves room for a noisy machine.
    expect(large / small).toBeLessThan(10);
  });
}

for (const way of streamedWays) {
  test(`the first delta is passed on while the upstream still thinks about the second (${way.name})`, async () => {
    await using gateway = await untilProbed(await startGateway());
    const second = gate();
    gateway.simulator.script({ reply: { kind: 'answer', wait: (index) => (index === 5 ? second.opened : undefined) } });
    const reader = readerOf(await ask(gateway, way, 'hi'));
    await reader.until((raw) => raw.includes('"Hello"'));
    expect(reader.raw).not.toContain('from');
    second.open();
    expect(await reader.rest()).toMatchObject({
      isComplete: true,
      text: 'Hello from the simulated backend, speaking as gpt-5.5.',
    });
  });
}

for (const way of streamedWays) {
  test(`a reader that stalls holds the upstream back: nothing piles up, no deadline ends it, and it can go on (${way.name})`, async () => {
    const megabyte = 1024 * 1024;
    const floodBytes = 256 * megabyte;
    await using gateway = await untilProbed(
      await startGateway({ env: { IDLE_TIMEOUT_MS: '400', KEEPALIVE_MS: '100' } }),
    );
    let sentPieces = 0;
    const countPieces = (index: number) => {
      sentPieces = index;
    };
    gateway.simulator.script({ reply: { kind: 'answer', wait: countPieces } });
    const memoryBefore = process.memoryUsage.rss();
    const response = await ask(gateway, way, `[[sim:flood ${floodBytes}]]`);
    const reader = response.body?.getReader();
    if (!reader) throw new Error('The answer has no body');
    await reader.read();

    // Longer than the idle deadline and many keep-alives; this time is the subject, not a wait for something.
    await Bun.sleep(700);
    const sentSoon = sentPieces;
    await Bun.sleep(700);
    // The upstream stands still once the buffers of the sockets are full, long before the end of its answer.
    expect(sentPieces).toBe(sentSoon);
    expect(process.memoryUsage.rss() - memoryBefore).toBeLessThan(64 * megabyte);
    expect(gateway.app.runningRequests).toBe(1);
    expect(gateway.simulator.openConnections).toBe(1);

    let received = 0;
    while (received < 48 * megabyte) received += (await reader.read()).value?.byteLength ?? Number.NaN;
    expect(sentPieces).toBeGreaterThan(sentSoon);
    await reader.cancel();
    await expectOneRow(gateway, { status_code: 499, error_code: 'client_closed', attempts: 1 });
  });
}
