import { expect, test } from 'bun:test';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createInstallation } from './run-cli.ts';

interface CreatedKey {
  id: string;
  name: string;
  key: string;
  prefix: string;
}

test('a key is shown once, listed without its text, disabled, enabled and deleted', async () => {
  await using cli = await createInstallation();
  const { value } = await cli.json(['keys', 'create', '--name', 'x', '--expires', '2999-01-02', '--models', 'a, b,a']);
  expect(value).toEqual({
    id: expect.stringMatching(/^key_/),
    name: 'x',
    key: expect.stringMatching(/^sk-[0-9A-Za-z]{48}$/),
    prefix: expect.any(String),
    expires_at: '2999-01-02T00:00:00.000Z',
    allowed_models: ['a', 'b'],
    created_at: expect.any(String),
  });
  const { id, key, prefix } = value as CreatedKey;

  const listed = await cli.json(['keys', 'list']);
  expect(listed.value).toMatchObject([{ id, name: 'x', prefix, is_active: true, usage_count: 0, last_used_at: null }]);
  expect(JSON.stringify(listed.value)).not.toContain(key.slice(8));

  // Id, prefix and name all mean it.
  expect((await cli.json(['keys', 'disable', id])).value).toMatchObject({ id, is_active: false });
  expect((await cli.json(['keys', 'enable', prefix])).value).toMatchObject({ id, is_active: true });
  expect((await cli.json(['keys', 'delete', 'x'])).value).toEqual({ id, name: 'x', deleted: true });
  expect((await cli.json(['keys', 'list'])).value).toEqual([]);
});

test('X11: the text of a key is in no file of the installation', async () => {
  await using cli = await createInstallation();
  const { key } = (await cli.json(['keys', 'create'])).value as CreatedKey;
  const folder = join(cli.databasePath, '..');
  const files = await readdir(folder);
  expect(files).toContain('app.db');
  for (const file of files) {
    const bytes = Buffer.from(await Bun.file(join(folder, file)).arrayBuffer());
    expect(bytes.includes(key.slice(8))).toBe(false);
  }
});

test('a name that two keys share is refused with the ids to choose from', async () => {
  await using cli = await createInstallation();
  const made = [
    await cli.json(['keys', 'create', '--name', 'twin']),
    await cli.json(['keys', 'create', '--name', 'twin']),
  ];
  const { exitCode, value } = await cli.json(['keys', 'delete', 'twin']);
  expect({ exitCode, value }).toMatchObject({ exitCode: 1, value: { error: { code: 'ambiguous' } } });
  for (const { value: key } of made) expect(JSON.stringify(value)).toContain((key as CreatedKey).id);
  expect((await cli.json(['keys', 'list'])).value).toHaveLength(2);
});

test.each([
  ['--expires', 'soon'],
  ['--expires', '2001-01-01'],
  ['--expires', '0s'],
  ['--models', ' , '],
  ['--name', ' '],
])('keys create %s %p is a usage error and makes no key', async (option, value) => {
  await using cli = await createInstallation();
  expect(await cli.json(['keys', 'create', option, value])).toMatchObject({
    exitCode: 2,
    value: { error: { code: 'usage' } },
  });
  expect((await cli.json(['keys', 'list'])).value).toEqual([]);
});
