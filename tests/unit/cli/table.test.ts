import { expect, test } from 'bun:test';
import { plainText, renderTable } from '../../../server/cli/table.ts';

test('columns are aligned by what the terminal shows, also with wide characters', () => {
  const table = renderTable(
    ['NAME', 'N'],
    [
      ['账号', 1],
      ['ada', null],
    ],
    'none',
  );
  expect(table).toBe('NAME  N\n账号  1\nada   -');
});

test('a table without rows says so', () => {
  expect(renderTable(['NAME'], [], 'There are none.')).toBe('There are none.');
});

test('text from outside cannot steer the terminal or break the line', () => {
  expect(plainText('a\u001b[31mred\r\nb\u202ec\u2028d')).toBe('a [31mred b c d');
});
