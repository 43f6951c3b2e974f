import { join } from 'node:path';
import { chatFieldsMarkdown } from '../server/gateway/translate/chat-fields.ts';
import { responsesFieldsMarkdown } from '../server/gateway/translate/responses-fields.ts';
import { envExample, envTable } from './docs/env-docs.ts';
import { replaceMarked } from './docs/marked-section.ts';

// Writes what the documentation takes from the code (`bun run docs`). With `--check` it writes nothing and fails when
// a file is out of date. `--root DIR` stands for the project's folder.

/** Every generated file, made from its present text (empty when there is none). */
const generated: Readonly<Record<string, (present: string) => string>> = {
  '.env.example': envExample,
  'README.md': (present) => replaceMarked(present, 'env', envTable('en')),
  'README.zh-CN.md': (present) => replaceMarked(present, 'env', envTable('zh')),
  'docs/chat-fields.md': chatFieldsMarkdown,
  'docs/responses-fields.md': responsesFieldsMarkdown,
};

const isCheck = process.argv.includes('--check');
const rootAt = process.argv.indexOf('--root');
const root = (rootAt > 0 && process.argv[rootAt + 1]) || join(import.meta.dir, '..');

let isOutOfDate = false;
for (const [name, write] of Object.entries(generated)) {
  const file = Bun.file(join(root, name));
  const present = (await file.exists()) ? await file.text() : '';
  let wanted: string;
  try {
    wanted = write(present);
  } catch (error) {
    console.error(`${name}: ${(error as Error).message}`);
    isOutOfDate = true;
    continue;
  }
  if (wanted === present) continue;
  if (isCheck) {
    console.error(`${name} is out of date; run: bun run docs`);
    isOutOfDate = true;
  } else {
    await file.write(wanted);
    console.log(`Wrote ${name}`);
  }
}
process.exitCode = isOutOfDate ? 1 : 0;
