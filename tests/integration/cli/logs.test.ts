import { expect, test } from 'bun:test';
import { openDatabase } from '../../../db/client.ts';
import { apiLogs } from '../../../db/schema/index.ts';
import { createInstallation, type Installation } from './run-cli.ts';

/** Writes finished requests the way a serving process does: from outside the command's process. */
function record(cli: Installation, ...rows: Partial<typeof apiLogs.$inferInsert>[]): void {
  const db = openDatabase(cli.databasePath);
  const common = {
    endpoint: '/v1/chat/completions',
    durationMs: 5,
    statusCode: 200,
    model: 'gpt-x',
    createdAt: Date.now(),
  };
  for (const row of rows)
    db.orm
      .insert(apiLogs)
      .values({ requestId: crypto.randomUUID(), ...common, ...row })
      .run();
  db.close();
}

test('logs are filtered by status, key, model and time, unknown numbers stay null', async () => {
  await using cli = await createInstallation();
  const { id } = (await cli.json(['keys', 'create', '--name', 'laptop'])).value as { id: string };
  record(
    cli,
    { requestId: 'old', createdAt: Date.now() - 7_200_000, apiKeyId: id },
    { requestId: 'limited', statusCode: 429, errorCode: 'rate_limit_exceeded', apiKeyId: id },
    { requestId: 'other', statusCode: 503, model: 'gpt-y' },
    { requestId: 'paid', inputTokens: 10, cachedTokens: 0, costMicros: 1_500, apiKeyId: id },
  );
  const idsOf = async (...args: string[]) =>
    ((await cli.json(['logs', ...args])).value as { request_id: string }[]).map(({ request_id }) => request_id);

  expect(await idsOf('--limit', '2')).toEqual(['other', 'paid']);
  expect(await idsOf('--status', '429,5xx')).toEqual(['limited', 'other']);
  expect(await idsOf('--key', 'laptop', '--since', '1h')).toEqual(['limited', 'paid']);
  expect(await idsOf('--model', 'gpt-y')).toEqual(['other']);
  expect((await cli.json(['logs', '--key', 'nobody'])).exitCode).toBe(3);
  expect((await cli.json(['logs', '--since', 'yesterday'])).exitCode).toBe(2);
  expect((await cli.json(['logs', '--limit', '0'])).exitCode).toBe(2);

  const [paid] = (await cli.json(['logs', '--limit', '1'])).value as Record<string, unknown>[];
  expect(paid).toMatchObject({
    request_id: 'paid',
    key: { id, name: 'laptop' },
    token: null,
    status_code: 200,
    error_code: null,
    input_tokens: 10,
    cached_tokens: 0,
    output_tokens: null,
    cost_usd: 0.0015,
  });
});

test('logs --follow shows what comes while it runs and ends at once on SIGINT', async () => {
  await using cli = await createInstallation();
  await cli.run(['init-db']);
  record(cli, { requestId: 'before' });
  const following = cli.start(['logs', '--follow', '--json']);
  const seen: string[] = [];
  for await (const text of following.stdout.pipeThrough(new TextDecoderStream())) {
    for (const line of text.trim().split('\n')) seen.push((JSON.parse(line) as { request_id: string }).request_id);
    if (seen.at(-1) === 'before') record(cli, { requestId: 'first' }, { requestId: 'second' });
    if (seen.at(-1) === 'second') following.kill('SIGINT');
  }
  expect(await following.exited).toBe(0);
  expect(seen).toEqual(['before', 'first', 'second']);
});

test('X8: control characters of a stored error never reach the terminal', async () => {
  await using cli = await createInstallation();
  await cli.run(['init-db']);
  record(cli, { statusCode: 502, errorCode: 'upstream_error', errorMessage: 'bad\u001b[2Jgate\nway' });
  const { stdout } = await cli.run(['logs']);
  expect(stdout).toContain('upstream_error bad [2Jgate way');
  expect(stdout).not.toContain('\u001b');
});
