import { expect, test } from 'bun:test';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const project = join(import.meta.dir, '../../..');
const files = ['.env.example', 'README.md', 'README.zh-CN.md', 'docs/chat-fields.md', 'docs/responses-fields.md'];

async function createCopy() {
  const root = await mkdtemp(join(tmpdir(), 'gpt2api-docs-'));
  await mkdir(join(root, 'docs'));
  for (const file of files) await cp(join(project, file), join(root, file));
  const run = async (...args: string[]) => {
    const script = join(project, 'scripts/write-docs.ts');
    const child = Bun.spawn([process.execPath, script, '--root', root, ...args], { stdout: 'pipe', stderr: 'pipe' });
    const [stderr, exitCode] = await Promise.all([new Response(child.stderr).text(), child.exited]);
    return { exitCode, stderr };
  };
  return { root, run, [Symbol.asyncDispose]: () => rm(root, { recursive: true, force: true }) };
}

test('the documents in the repository are the ones the code gives', async () => {
  await using copy = await createCopy();
  expect(await copy.run('--check')).toEqual({ exitCode: 0, stderr: '' });
});

test.each(files)(
  'an outdated %s fails the check, which writes nothing, and is written anew without it',
  async (file) => {
    await using copy = await createCopy();
    const path = join(copy.root, file);
    const wanted = await readFile(path, 'utf8');
    // A word of the generated part.
    const word = wanted.includes('CONNECT_TIMEOUT_MS') ? 'CONNECT_TIMEOUT_MS' : /messages|instructions/;
    const outdated = wanted.replace(word, 'SOMETHING');
    await writeFile(path, outdated);

    const check = await copy.run('--check');
    expect(check.exitCode).toBe(1);
    expect(check.stderr).toContain(file);
    expect(await readFile(path, 'utf8')).toBe(outdated);

    expect(await copy.run()).toEqual({ exitCode: 0, stderr: '' });
    expect(await readFile(path, 'utf8')).toBe(wanted);
  },
);

test('a README without its markers is an error, not an overwritten README', async () => {
  await using copy = await createCopy();
  await writeFile(join(copy.root, 'README.md'), 'mine');
  const { exitCode, stderr } = await copy.run();
  expect(exitCode).toBe(1);
  expect(stderr).toContain('README.md');
  expect(await readFile(join(copy.root, 'README.md'), 'utf8')).toBe('mine');
});
