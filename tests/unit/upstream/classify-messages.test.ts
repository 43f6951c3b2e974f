import { describe, expect, test } from 'bun:test';
import type { Failure } from '../../../server/upstream/classify.ts';
import { answer, decide, html } from './verdict.ts';

describe('what the client is told', () => {
  test.each<[string, Failure, object]>([
    [
      'an OpenAI error keeps message, type, code and param',
      answer(400, {
        error: { type: 'invalid_request_error', code: 'context_length_exceeded', message: 'Too long.', param: 'input' },
      }),
      { message: 'Too long.', type: 'invalid_request_error', code: 'context_length_exceeded', param: 'input' },
    ],
    [
      'an event too',
      { phase: 'stream', event: { type: 'error', code: 'cyber_policy', message: 'No.', param: null } },
      { message: 'No.', type: 'invalid_request_error', code: 'cyber_policy', param: null },
    ],
    [
      'FastAPI’s detail becomes OpenAI’s shape',
      answer(400, { detail: 'Unsupported parameter: foo' }),
      {
        message: 'Unsupported parameter: foo',
        type: 'invalid_request_error',
        code: 'unsupported_parameter',
        param: 'foo',
      },
    ],
    [
      'FastAPI’s list names the field',
      answer(422, { detail: [{ loc: ['body', 'input', 0, 'role'], msg: 'Field required' }] }),
      { message: 'Field required', type: 'invalid_request_error', code: 'upstream_rejected', param: 'input.0.role' },
    ],
    [
      'secrets are cut out',
      answer(400, {
        error: {
          code: 'invalid_encrypted_content',
          message: 'The encrypted content gAAAAABoabcdefghijklmnop could not be verified.',
        },
      }),
      {
        message: 'The encrypted content [redacted] could not be verified.',
        type: 'invalid_request_error',
        code: 'invalid_encrypted_content',
        param: null,
      },
    ],
    [
      'a body cut in the middle is not shown',
      answer(400, '{"error":{"message":"half'),
      {
        message: 'The upstream rejected the request.',
        type: 'invalid_request_error',
        code: 'upstream_rejected',
        param: null,
      },
    ],
    [
      'a code that is no word is not passed on',
      answer(400, { error: { code: 'two words\n', type: 'x y', message: 'm' } }),
      { message: 'm', type: 'invalid_request_error', code: 'upstream_rejected', param: null },
    ],
    [
      'F3: a missing model is named as the client named it',
      answer(404, { error: { code: 'model_not_found', message: 'internal-slug' } }),
      {
        message: "The model 'gpt-5.5' does not exist or is not available to the accounts of this gateway.",
        type: 'invalid_request_error',
        code: 'model_not_found',
        param: 'model',
      },
    ],
    [
      'F4: a page of the edge is never shown',
      answer(502, html),
      { message: 'The edge before the upstream failed.', type: 'server_error', code: 'upstream_error', param: null },
    ],
  ])('%s', (_, failure, body) => {
    expect(decide(failure).body).toEqual(body as ReturnType<typeof decide>['body']);
  });
  test('long messages are cut at 2,000 characters and stay well-formed', () => {
    const { message } = decide(answer(400, { detail: `${'x'.repeat(1_998)}${'😀'.repeat(3_000)}` })).body;
    expect([message.length, message.isWellFormed(), message.at(-1)]).toEqual([2_000, true, '…']);
  });
});
