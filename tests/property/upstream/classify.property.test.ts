import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { classify } from '../../../server/upstream/classify.ts';

const nowMs = 1_795_305_600_000;
const page = fc.constantFrom('<!DOCTYPE html><p>secret-page', '<html>secret-page</html>', ' <head>secret-page');
const failure = fc.record({
  phase: fc.constantFrom('connect', 'headers', 'status', 'stream'),
  status: fc.option(fc.integer({ min: 300, max: 599 }), { nil: undefined }),
  body: fc.option(
    fc.oneof(
      fc.string(),
      page,
      fc.json(),
      fc.jsonValue().map((value) => JSON.stringify({ error: value, detail: value })),
    ),
    { nil: undefined },
  ),
  event: fc.option(fc.jsonValue(), { nil: undefined }),
  network: fc.option(fc.constantFrom('refused', 'reset', 'timeout', 'proxy', 'tls', 'dns', 'ended', 'malformed'), {
    nil: undefined,
  }),
});

test('F4 F5: whatever the upstream does, the client gets a 4xx or 5xx of ours, never a page, and no account cools longer than 35 days', () => {
  fc.assert(
    fc.property(failure, fc.string(), (met, retryAfter) => {
      const headers = new Headers({ 'retry-after': retryAfter.replaceAll(/[^ -~]/g, '') });
      const { error, effect } = classify({ ...met, headers }, { model: 'm', nowMs });
      expect(error.status).toBeWithin(400, 600);
      expect(JSON.stringify(error.toBody())).not.toContain('secret-page');
      expect(error.message.length).toBeWithin(1, 2_001);
      if (effect.kind === 'cool' && effect.untilMs !== undefined)
        expect(effect.untilMs).toBeWithin(nowMs, nowMs + 35 * 86_400_000 + 1);
    }),
    { numRuns: 2_000 },
  );
});

test('F6: a failure that is the client’s fault never touches the account', () => {
  fc.assert(
    fc.property(failure, (met) => {
      const verdict = classify(met, { model: 'm', nowMs });
      if (verdict.fault === 'client')
        expect([verdict.effect, verdict.next === 'other-account' || verdict.next === 'retry-any']).toEqual([
          { kind: 'none' },
          false,
        ]);
    }),
    { numRuns: 2_000 },
  );
});
