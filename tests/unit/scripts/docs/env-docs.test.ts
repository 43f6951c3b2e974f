import { describe, expect, test } from 'bun:test';
import { chineseGroups, chineseMeanings } from '../../../../scripts/docs/env-chinese.ts';
import { envExample, envTable } from '../../../../scripts/docs/env-docs.ts';
import { replaceMarked } from '../../../../scripts/docs/marked-section.ts';
import { parseEnv, variables } from '../../../../server/env.ts';

describe('documents made from the environment', () => {
  test('every variable stands in each of them, in both languages', () => {
    for (const [name, { group }] of Object.entries(variables)) {
      expect(envExample()).toContain(`\n#${name}=`);
      expect(envTable('en')).toContain(`| \`${name}\` |`);
      expect(envTable('zh')).toContain(`| \`${name}\` |`);
      expect(chineseGroups[group]).toBeString();
    }
    expect(Object.keys(chineseMeanings).sort()).toEqual(Object.keys(variables).sort());
  });

  test('.env.example with every line uncommented is the default configuration', () => {
    const lines = envExample().matchAll(/^#([A-Z_]+)=(.*)$/gm);
    const source = Object.fromEntries([...lines].map(([, name = '', value = '']) => [name, value]));
    expect(parseEnv(source)).toEqual(parseEnv({}));
  });

  test('no cell breaks its row', () => {
    for (const language of ['en', 'zh'] as const) {
      const widths = envTable(language)
        .split('\n')
        .map((line) => line.split(/(?<!\\)\|/).length);
      expect(new Set(widths)).toEqual(new Set([5]));
    }
  });
});

describe('marked sections', () => {
  test('only what is between the markers changes, and a second time nothing', () => {
    const once = replaceMarked('a\n<!-- x:begin -->\nold\n<!-- x:end -->\nb\n', 'x', 'new');
    expect(once).toBe('a\n<!-- x:begin -->\n\nnew\n\n<!-- x:end -->\nb\n');
    expect(replaceMarked(once, 'x', 'new')).toBe(once);
  });

  test.each([
    '',
    '<!-- x:begin -->',
    '<!-- x:end --><!-- x:begin -->',
    '<!-- x:begin --><!-- x:begin --><!-- x:end -->',
  ])('missing, misplaced or repeated markers are an error: %p', (text) => {
    expect(() => replaceMarked(text, 'x', 'new')).toThrow('<!-- x:begin -->');
  });
});
