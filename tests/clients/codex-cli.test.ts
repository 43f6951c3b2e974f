import { expect, test } from 'bun:test';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { recordClient } from '../support/client-recorder.ts';
import { temporaryFolder } from '../support/database.ts';
import { modelCalls } from '../support/model-calls.ts';
import { startGateway } from '../support/start-gateway.ts';

type Json = Record<string, unknown>;

const codexPath = process.env['CODEX_BIN'] || Bun.which('codex');
if (!codexPath && process.env['REQUIRE_CODEX'] === '1') {
  test('the Codex CLI is there to be tested, as REQUIRE_CODEX demands', () => {
    expect(codexPath, 'Install @openai/codex, or set CODEX_BIN').toBeTruthy();
  });
} else if (!codexPath) {
  console.warn(
    'The Codex CLI is not tested: no `codex` in PATH. Set CODEX_BIN, or run `npm install -g @openai/codex`.',
  );
}

/** `codex exec` in an empty folder, its settings isolated, with the gateway behind `baseUrl` as its only provider. */
async function runCodex(options: { folder: string; baseUrl: string; key: string; model: string; prompt: string }) {
  const { folder, baseUrl, key, model, prompt } = options;
  const home = join(folder, 'home');
  const workspace = join(folder, 'workspace');
  await mkdir(home);
  await mkdir(workspace);
  const provider = `name = "Gateway"\nbase_url = "${baseUrl}"\nenv_key = "GATEWAY_KEY"\nwire_api = "responses"\n`;
  await Bun.write(
    join(home, 'config.toml'),
    `model = "${model}"\nmodel_provider = "gateway"\ncheck_for_update_on_startup = false\n[model_providers.gateway]\n${provider}`,
  );
  // Nobody listens on the proxy's port: whatever is not on this machine is out of reach.
  const nowhere = 'http://127.0.0.1:9';
  const child = Bun.spawn(
    [
      codexPath ?? 'codex',
      'exec',
      '--dangerously-bypass-approvals-and-sandbox',
      '--skip-git-repo-check',
      '-C',
      workspace,
      prompt,
    ],
    {
      env: {
        PATH: process.env['PATH'] ?? '',
        HOME: home,
        CODEX_HOME: home,
        GATEWAY_KEY: key,
        HTTPS_PROXY: nowhere,
        HTTP_PROXY: nowhere,
        NO_PROXY: '127.0.0.1',
      },
      stdin: 'ignore',
      stdout: 'pipe',
      stderr: 'pipe',
      timeout: 20_000,
    },
  );
  const [exitCode, output, diagnostics] = await Promise.all([
    child.exited,
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  return { exitCode, output, diagnostics, workspace, installationId: await installationId(home) };
}

/** The id the CLI gave this installation of itself. */
async function installationId(home: string): Promise<string> {
  return (await Bun.file(join(home, 'installation_id')).text()).trim();
}

/** The two dialects: what the model calls to run a shell command. */
const dialects = [
  { dialect: 'standard', model: 'gpt-5.5', call: 'exec_command {"cmd":"echo made > made.txt"}' },
  {
    dialect: 'Lite',
    model: 'gpt-6.1-sol',
    call: 'exec await tools.exec_command({ cmd: "echo made > made.txt" }); text("done")',
  },
];

for (const { dialect, model, call } of dialects) {
  test.skipIf(!codexPath)(
    `the Codex CLI creates a file through a tool call of the ${dialect} dialect, its requests unharmed`,
    async () => {
      await using gateway = await startGateway();
      await using folder = await temporaryFolder();
      using recorder = recordClient(gateway.origin);
      const run = await runCodex({
        folder: folder.path,
        baseUrl: `${recorder.origin}/v1`,
        key: gateway.key,
        model,
        prompt: `Make a file. [[sim:tool ${call}]]`,
      });
      expect(run.exitCode, run.diagnostics).toBe(0);
      expect(run.output).toContain('The tool answered:');
      expect(await Bun.file(join(run.workspace, 'made.txt')).text()).toBe('made\n');

      const sent = recorder.requests.filter(({ path }) => path === '/v1/responses').map(({ body }) => body as Json);
      const received = modelCalls(gateway.simulator);
      expect(received).toHaveLength(2);
      expect(received.map(withoutMetadata)).toEqual(sent.map(withoutMetadata));
      const lite = gateway.simulator.requests.at(-1)?.headers['x-openai-internal-codex-responses-lite'];
      expect(lite).toBe(dialect === 'Lite' ? 'true' : undefined);

      expect(run.installationId).not.toBe('');
      expect(JSON.stringify(sent)).toContain(run.installationId);
      expect(JSON.stringify(gateway.simulator.requests)).not.toContain(run.installationId);
      expect(JSON.stringify(gateway.simulator.requests)).not.toContain(gateway.key);
    },
    30_000,
  );
}

test.skipIf(!codexPath)(
  'F5: on a spent pool the Codex CLI stops at once and tells its user of the limit',
  async () => {
    await using gateway = await startGateway();
    await using folder = await temporaryFolder();
    using recorder = recordClient(gateway.origin);
    gateway.simulator.script({ reply: '429' });
    const options = { folder: folder.path, baseUrl: `${recorder.origin}/v1`, key: gateway.key, model: 'gpt-5.5' };
    const run = await runCodex({ ...options, prompt: 'Hello' });
    expect(run.exitCode).toBe(1);
    expect(run.diagnostics).toContain('usage limit. Try again at');
    expect(recorder.requests.filter(({ path }) => path === '/v1/responses')).toHaveLength(1);
  },
  30_000,
);

/** A body without `client_metadata`, the one field that is changed on the way: it identifies the installation. */
function withoutMetadata(body: Json): Json {
  return { ...body, client_metadata: undefined };
}
