import { expect, test } from 'bun:test';
import { createInstallation } from './run-cli.ts';

/** The promised words, each with arguments that make it fail or answer at once on an empty installation. */
const commands: Record<string, { args: string[]; exitCode: number; variables?: Record<string, string> }> = {
  serve: { args: [], exitCode: 2, variables: { PORT: 'x' } },
  demo: { args: ['unexpected'], exitCode: 2 },
  'init-db': { args: [], exitCode: 0 },
  'keys create': { args: ['--name', 'x'], exitCode: 0 },
  'keys list': { args: [], exitCode: 0 },
  'keys disable': { args: ['nobody'], exitCode: 3 },
  'keys enable': { args: ['nobody'], exitCode: 3 },
  'keys delete': { args: ['nobody'], exitCode: 3 },
  'tokens import': { args: ['missing.json'], exitCode: 3 },
  'tokens list': { args: [], exitCode: 0 },
  'tokens refresh': { args: ['nobody'], exitCode: 3 },
  'tokens enable': { args: ['nobody'], exitCode: 3 },
  'tokens disable': { args: ['nobody'], exitCode: 3 },
  'tokens delete': { args: ['nobody', '--yes'], exitCode: 3 },
  'tokens export': { args: [], exitCode: 2 },
  logs: { args: [], exitCode: 0 },
  doctor: { args: [], exitCode: 1 },
  'settings list': { args: [], exitCode: 0 },
  'settings get': { args: ['strategy'], exitCode: 0 },
  'settings set': { args: ['strategy', 'nonsense'], exitCode: 2 },
  'settings unset': { args: ['nothing'], exitCode: 3 },
};

test.each(Object.entries(commands))('%s answers --help, and --json with one document', async (words, call) => {
  await using cli = await createInstallation();
  const options = call.variables === undefined ? {} : { variables: call.variables };
  const [help, { exitCode, value }] = await Promise.all([
    cli.run([...words.split(' '), '--help']),
    cli.json([...words.split(' '), ...call.args], options),
  ]);

  expect(help).toMatchObject({ exitCode: 0, stderr: '' });
  expect(help.stdout).toStartWith(`Usage: bun run cli ${words} [options]`);
  expect(help.stdout).toContain('--json');
  expect(help.stdout).toContain(`Examples:\n  $ bun run cli ${words}`);

  expect(exitCode).toBe(call.exitCode);
  if (exitCode > 0 && words !== 'doctor') {
    expect(value).toEqual({ error: { code: expect.any(String), message: expect.any(String) } });
  } else {
    expect(value).not.toHaveProperty('error');
  }
});

test('--help names every command group and every exit code', async () => {
  await using cli = await createInstallation();
  const { stdout } = await cli.run(['--help']);
  for (const words of Object.keys(commands)) expect(stdout).toContain(`\n  ${words.split(' ')[0]} `);
  for (const code of [0, 1, 2, 3, 4]) expect(stdout).toMatch(new RegExp(`^ {2}${code}  \\w`, 'm'));
});

test.each(['help', 'help keys', '--version', 'keys --help --json'])(
  'gpt2api %s answers and exits with 0',
  async (line) => {
    await using cli = await createInstallation();
    const { exitCode, stdout, stderr } = await cli.run(line.split(' '));
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout).toMatch(/^Usage: bun run cli|^\d+\.\d+\.\d+\n$/);
  },
);

test.each(['', 'keys', 'nonsense', 'keys nonsense', 'logs --nonsense', 'keys disable'])(
  'the wrong command line %p exits with 2, in JSON too',
  async (line) => {
    await using cli = await createInstallation();
    const args = line.split(' ').filter(Boolean);
    const [plain, json] = await Promise.all([cli.run(args), cli.json(args)]);
    expect(plain).toMatchObject({ exitCode: 2, stdout: '' });
    expect(json).toEqual({ exitCode: 2, value: { error: { code: 'usage', message: expect.any(String) } } });
  },
);

test('a bad configuration names every bad variable and exits with 2, and nothing is made', async () => {
  await using cli = await createInstallation();
  const { exitCode, stderr, stdout } = await cli.run(['keys', 'list'], {
    variables: { PORT: '99999', LOG_LEVEL: 'loud' },
  });
  expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
  expect(stderr).toContain('PORT');
  expect(stderr).toContain('LOG_LEVEL');
  expect(await Bun.file(cli.databasePath).exists()).toBe(false);
});
