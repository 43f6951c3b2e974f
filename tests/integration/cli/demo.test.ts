import { expect, setDefaultTimeout, test } from 'bun:test';
import { readdir } from 'node:fs/promises';
import { readUntil } from '../../support/serving-process.ts';
import { createInstallation } from './run-cli.ts';

// Processes are started one after the other, on a machine that may be busy.
setDefaultTimeout(20_000);

test('the demo prints a key and a curl line that works as it stands in a shell', async () => {
  await using cli = await createInstallation();
  await using child = cli.start(['demo'], { PORT: '0' });
  const text = await readUntil(child.stdout, (printed) => printed.includes('Ctrl-C'));
  const [, key = ''] = /API key\s+(sk-\w+)/.exec(text) ?? [];
  const curl = text.split('\n').find((line) => line.trim().startsWith('curl ')) ?? '';
  expect(curl).toContain(key);

  const shell = Bun.spawn(['sh', '-c', curl], { stdin: 'ignore', stdout: 'pipe', stderr: 'ignore' });
  const [answer, exitCode] = await Promise.all([new Response(shell.stdout).text(), shell.exited]);
  expect(exitCode).toBe(0);
  expect(answer).toContain('chat.completion.chunk');
  expect(answer.trimEnd()).toEndWith('data: [DONE]');
  child.kill('SIGINT');
  await child.exited;
});

test.each([
  ['SIGINT', ['SIGINT']],
  ['SIGTERM', ['SIGTERM']],
  // The terminal was closed, perhaps while the demo was ending.
  ['SIGHUP', ['SIGHUP']],
  ['SIGINT and SIGHUP', ['SIGINT', 'SIGHUP']],
  // A package runner passes Ctrl-C on to a process that has had it from the terminal.
  ['SIGINT that comes twice', ['SIGINT', 'SIGINT']],
] as const)('after %s the demo leaves no folder, no listener and no process', async (_, signals) => {
  await using cli = await createInstallation();
  await using child = cli.start(['demo', '--json'], { PORT: '0' });
  const ready: { base_url: string; simulator: string; key: string } = JSON.parse(
    await readUntil(child.stdout, (text) => text.includes('\n')),
  );
  expect((await readdir(cli.folder)).filter((name) => name.startsWith('gpt2api-demo-'))).toHaveLength(1);

  // A stream that nobody reads makes the stopping take a moment, in which the second signal comes.
  const stream = await fetch(`${ready.base_url}/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${ready.key}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      model: 'gpt-5.5',
      stream: true,
      messages: [{ role: 'user', content: '[[sim:pace 100 50]]' }],
    }),
  });
  expect(stream.status).toBe(200);

  for (const signal of signals) {
    child.kill(signal);
    // Two at the very same moment would be one to the process.
    await Bun.sleep(5);
  }
  expect(await child.exited).toBe(0);
  expect(await readdir(cli.folder)).toEqual([]);
  for (const url of [ready.base_url, ready.simulator]) expect(await fetch(url).catch(() => 'gone')).toBe('gone');
  expect(() => process.kill(child.pid, 0)).toThrow();
});

test('the demo takes another port when its own is taken', async () => {
  await using cli = await createInstallation();
  await using other = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: () => new Response('taken') });
  await using child = cli.start(['demo', '--json'], { PORT: String(other.port) });
  const { base_url: baseUrl } = JSON.parse(await readUntil(child.stdout, (text) => text.includes('\n'))) as {
    base_url: string;
  };
  expect(new URL(baseUrl).port).not.toBe(String(other.port));
  expect((await fetch(`${baseUrl}/models`)).status).toBe(200);
  child.kill('SIGTERM');
  expect(await child.exited).toBe(0);
});
