import { expect, setDefaultTimeout, test } from 'bun:test';
import { dirname } from 'node:path';
import { contentsOf, startServing } from '../../support/serving-process.ts';

// Processes are started one after the other, on a machine that may be busy.
setDefaultTimeout(20_000);

test('X11: tokens, client keys and passwords are found in plain text in no file, log or answer, also after failures', async () => {
  const password = 'canary-password-of-the-administrator';
  await using serving = await startServing({ LOG_LEVEL: 'trace', ADMIN_PASSWORD: password });
  const { cli, simulator, variables, key, origin } = serving;
  const said: string[] = [];
  const run = async (...args: string[]) => {
    const { stdout, stderr } = await cli.run(args, { variables });
    said.push(stdout, stderr);
  };
  await run('init-db');

  const account = simulator.accounts.values().next().value;
  if (!account) throw new Error('The simulated backend has no account.');
  const secrets = new Set<string>([password, key]);
  const noteTokens = () =>
    [account.accessToken, account.refreshToken, account.idToken].forEach((token) => secrets.add(token));
  noteTokens();

  const chat = async (text: string, extra: Record<string, unknown> = {}) => {
    const response = await serving.ask({ messages: [{ role: 'user', content: text }], ...extra });
    said.push(await response.text(), JSON.stringify([...response.headers]));
  };
  await chat('hi');
  await chat('hi', { stream: true });
  for (const fault of ['400', '403', '429', '500', 'failed', 'cut', 'reset', 'html403'])
    await chat(`[[sim:fault ${fault}]]`, { stream: fault === 'cut' });
  // An upstream that repeats what it was sent.
  const echo = {
    error: {
      message: `Rejected: ${account.accessToken} ${account.refreshToken} ${key}`,
      code: 'odd',
      type: 'invalid_request_error',
    },
  };
  simulator.script({ reply: { kind: 'fixed', status: 400, body: echo } });
  await run('tokens', 'enable', account.email);
  await chat('echo');
  // It did get through to the client, without what it repeated.
  expect(said.join('\n')).toContain('Rejected: ');
  simulator.script({
    endpoint: 'token',
    reply: { kind: 'fixed', status: 400, body: { error: 'invalid_request', error_description: account.refreshToken } },
  });
  account.expireAccessToken();
  await run('tokens', 'refresh', account.email);
  await chat('after the failed refresh');
  await run('tokens', 'enable', account.email);
  await chat('after the refresh');
  noteTokens();
  await serving.ask({ messages: [] }, { key: `${key}x` }).then((response) => response.text());
  await Promise.all([run('tokens', 'list', '--json'), run('logs', '--json'), run('keys', 'list'), run('doctor')]);

  // While it runs: with the write-ahead log. Afterwards: what is left.
  const places: Record<string, Buffer> = {};
  const noteFiles = async (when: string) => {
    for (const [name, bytes] of Object.entries(await contentsOf(dirname(cli.databasePath))))
      places[`${name} ${when}`] = bytes;
  };
  await fetch(`${origin}/health`).then((response) => response.text());
  await noteFiles('while running');
  expect(Object.keys(places)).toContain('app.db-wal while running');
  serving.child.kill('SIGTERM');
  await serving.child.exited;
  await noteFiles('afterwards');
  places['log'] = Buffer.from(await serving.errorText());
  places['answers and command output'] = Buffer.from(said.join('\n'));
  expect(places['log'].length).toBeGreaterThan(100);

  for (const secret of secrets) {
    // The secret parts alone: a prefix may be shown, and tokens of one person have their header in common.
    const telling = secret.startsWith('sk-') ? secret.slice(8) : secret.slice(-24);
    for (const [place, bytes] of Object.entries(places))
      expect({ place, holds: bytes.includes(telling) && telling }).toEqual({ place, holds: false });
  }
});
