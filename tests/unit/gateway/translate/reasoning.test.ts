import { describe, expect, test } from 'bun:test';
import { wireEffort } from '../../../../server/gateway/translate/reasoning.ts';
import { context, refusalOf, translate } from './translate-chat.ts';

describe('the effort on the wire', () => {
  const all = ['low', 'medium', 'high', 'xhigh', 'max', 'ultra'];
  const cases: [string, readonly string[], string][] = [
    ['medium', all, 'medium'],
    ['none', all, 'none'],
    ['none', [], 'none'],
    ['minimal', all, 'low'],
    ['minimal', [], 'low'],
    ['ultra', all, 'max'],
    ['ultra', ['low', 'medium', 'high', 'xhigh'], 'xhigh'],
    ['ultra', ['low', 'medium'], 'medium'],
    ['ultra', [], 'xhigh'],
    ['max', ['low', 'medium', 'high', 'xhigh'], 'xhigh'],
    ['low', ['medium', 'high'], 'medium'],
    ['max', [], 'max'],
  ];
  test.each(cases)('%s with %j is %s', (effort, efforts, expected) => {
    expect(wireEffort(effort, efforts)).toBe(expected);
  });
});

describe('reasoning', () => {
  const alias = { ...context, model: { ...context.model, effort: 'high' } };
  const cases: [string, Record<string, unknown>, typeof context, unknown][] = [
    [
      'the default of the model, with a summary so that thinking can be shown',
      {},
      context,
      { effort: 'medium', summary: 'auto' },
    ],
    ['an alias wins over the default', {}, alias, { effort: 'high', summary: 'auto' }],
    ['the request wins over an alias', { reasoning_effort: 'low' }, alias, { effort: 'low', summary: 'auto' }],
    [
      'the reasoning object',
      { reasoning: { effort: 'high', summary: 'detailed' } },
      context,
      { effort: 'high', summary: 'detailed' },
    ],
    [
      'reasoning_effort wins over it',
      { reasoning_effort: 'low', reasoning: { effort: 'high' } },
      context,
      { effort: 'low', summary: 'auto' },
    ],
    ['no summary when declined', { reasoning_summary: 'none' }, context, { effort: 'medium' }],
    ['nothing known of the model', {}, { ...context, model: { slug: 'x', efforts: [] } }, { summary: 'auto' }],
  ];
  test.each(cases)('%s', (_name, fields, used, expected) => {
    expect(translate(fields, used).body.reasoning).toEqual(expected as never);
  });
  test.each([
    [{ reasoning_effort: 'huge' }, 'reasoning_effort'],
    [{ reasoning: { effort: 'huge' } }, 'reasoning.effort'],
  ])('F6: an effort nobody knows is a 400: %j', (fields, param) => {
    expect(refusalOf(fields)).toEqual({ status: 400, code: 'unsupported_value', param });
  });
  test('an effort only the model knows is sent', () => {
    const model = { ...context.model, efforts: ['low', 'hyper'] };
    expect(translate({ reasoning_effort: 'hyper' }, { ...context, model }).body.reasoning?.effort).toBe('hyper');
  });
});
