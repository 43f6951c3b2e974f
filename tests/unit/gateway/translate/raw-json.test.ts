import { describe, expect, test } from 'bun:test';
import { rawInteger, rawOf, rawString, textOfRaw } from '../../../../server/gateway/translate/raw-json.ts';
import { bytesOf } from '../../../../server/sse/event.ts';

const key = '"delta":';

describe('rawString', () => {
  test.each([
    ['a plain text', '{"delta":"hello","x":1}', 'hello'],
    ['spaces after the colon', '{"delta":  "hello"}', 'hello'],
    ['an empty text', '{"delta":""}', ''],
    ['escaped quotes', String.raw`{"delta":"say \"hi\""}`, String.raw`say \"hi\"`],
    ['a backslash before the closing quote', String.raw`{"delta":"C:\\"}`, String.raw`C:\\`],
    ['backslashes before an escaped quote', String.raw`{"delta":"\\\"","x":"y"}`, String.raw`\\\"`],
    ['the key inside an earlier text', String.raw`{"x":"\"delta\":\"no\"","delta":"yes"}`, 'yes'],
    ['the key inside the text', String.raw`{"delta":"\"delta\":\"no\""}`, String.raw`\"delta\":\"no\"`],
  ])('copies %s as it is written', (_, data, raw) => {
    expect(rawString(data, key)).toBe(raw);
  });

  test.each([
    ['the key is missing', '{"type":"x"}'],
    ['a space stands before the colon', '{"delta" :"x"}'],
    ['the value is no text', '{"delta":null}'],
    ['the text does not end', '{"delta":"abc'],
    ['the text ends in an escaped quote', String.raw`{"delta":"abc\"`],
    ['a line break stands in the text', '{"delta":"a\nb"}'],
    ['the data ends at the key', '{"delta":'],
  ])('finds nothing when %s', (_, data) => {
    expect(rawString(data, key)).toBeUndefined();
  });

  test('S15: a text of several MB full of backslashes and quotes is read in linear time', () => {
    const raw = String.raw`\\\"`.repeat(1_000_000);
    expect(rawString(`{"delta":"${raw}"}`, key) === raw).toBe(true);
  });
});

test.each([
  ['{"content_index":0,"x":1}', 0],
  ['{"content_index": 12}', 12],
  ['{"content_index":null}', undefined],
  ['{"content_index":-1}', undefined],
  ['{"other":3}', undefined],
])('rawInteger of %s', (data, value) => {
  expect(rawInteger(data, '"content_index":')).toBe(value);
});

test.each(['', 'plain', '"\\\n\t\u0000\u001f', 'Zoë 👋 \u2028\u2029', '\ud83d'])(
  'rawOf and textOfRaw are inverse: %j',
  (text) => {
    expect(textOfRaw(rawOf(text))).toBe(text);
  },
);

test('a raw text is a byte string: nothing in it is above 255', () => {
  expect(rawOf('Zoë "👋"')).toBe(bytesOf('Zoë \\"👋\\"'));
});
