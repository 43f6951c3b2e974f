import { expect, test } from 'bun:test';
import type { SimulatedAccount } from '../../../server/simulator/account.ts';
import {
  active,
  ask,
  askedAccounts,
  expectAtRest,
  handClock,
  read,
  stateOf,
  untilProbed,
  ways,
  wholeChat,
} from '../../support/gateway-faults.ts';
import { textAnswer } from '../../support/scripted-answers.ts';
import { startGateway, type TestGateway } from '../../support/start-gateway.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;
const quotaAware = { LOAD_BALANCE_STRATEGY: 'quota-aware' };

/** Windows of the main limit as they are on disk: length in seconds and used share. */
function windowsOf(gateway: TestGateway, account: SimulatedAccount): unknown[] {
  gateway.app.flush();
  return gateway.db.sqlite
    .query(
      "select window_seconds as seconds, used_percent as used, source from quota_windows where token_id = ? and family = 'codex' order by window_seconds",
    )
    .all(gateway.idOf(account));
}

/** Who answers the first turn of a new conversation. */
async function nextAnswerer(gateway: TestGateway, text: string): Promise<string | undefined> {
  expect((await read(await ask(gateway, wholeChat, text))).status).toBe(200);
  return askedAccounts(gateway).at(-1);
}

const fresh = { primary: { usedPercent: 3, windowMinutes: 300 }, secondary: null };

async function coolingGateway() {
  const clock = handClock();
  const gateway = await untilProbed(await startGateway({ clock }));
  const [account] = gateway.accounts as [SimulatedAccount];
  account.setWindows({ primary: { usedPercent: 100, resetAt: clock.now() + 4 * hourMs } });
  await read(await ask(gateway, wholeChat, 'hi'));
  expect(stateOf(gateway, account)).toMatchObject({ state: 'cooling', reason: 'usage_limit_reached' });
  return { gateway, account, clock };
}

test('F2: a usage reading that shows quota again ends the cool-down without a restart', async () => {
  const { gateway, account } = await coolingGateway();
  await using _ = gateway;
  account.setWindows(fresh);
  await gateway.app.accounts.probe.quota(gateway.idOf(account));
  expect(stateOf(gateway, account)).toEqual(active);
  expect((await ask(gateway, wholeChat, 'hi')).status).toBe(200);
});

test('F2: the background work takes that reading by itself', async () => {
  const { gateway, account, clock } = await coolingGateway();
  await using _ = gateway;
  account.setWindows(fresh);
  clock.advance(31 * minuteMs);
  await gateway.app.maintenance.run();
  expect(stateOf(gateway, account)).toEqual(active);
});

test('F2: a reading that still shows the limit leaves the cool-down as it is', async () => {
  const { gateway, account } = await coolingGateway();
  await using _ = gateway;
  const before = stateOf(gateway, account);
  await gateway.app.accounts.probe.quota(gateway.idOf(account));
  expect(stateOf(gateway, account)).toEqual(before);
});

test('F2: windows below 100 % do not end the cool-down while the upstream itself says that the limit is reached', async () => {
  const { gateway, account } = await coolingGateway();
  await using _ = gateway;
  const primary = { used_percent: 40, limit_window_seconds: 18_000, reset_after_seconds: 3_600, reset_at: null };
  const body = {
    plan_type: 'plus',
    rate_limit: { allowed: false, limit_reached: true, primary_window: primary, secondary_window: null },
  };
  gateway.simulator.script({ endpoint: 'usage', reply: { kind: 'fixed', status: 200, body } });
  await gateway.app.accounts.probe.quota(gateway.idOf(account));
  expect(stateOf(gateway, account)).toMatchObject({ state: 'cooling', reason: 'usage_limit_reached' });
});

test('F2: other reasons to rest are not ended by a quota reading', async () => {
  await using gateway = await untilProbed(await startGateway());
  const [account] = gateway.accounts as [SimulatedAccount];
  gateway.simulator.script({ reply: 'html403' });
  await read(await ask(gateway, wholeChat, 'hi'));
  await gateway.app.accounts.probe.quota(gateway.idOf(account));
  expect(stateOf(gateway, account)).toMatchObject({ state: 'cooling', reason: 'edge_block' });
});

const shapes = [
  {
    name: 'a weekly window in the primary slot',
    windows: { primary: { usedPercent: 40, windowMinutes: 10_080 }, secondary: null },
    read: [{ seconds: 604_800, used: 40 }],
  },
  {
    name: 'five hours and a week in the wrong slots',
    windows: {
      primary: { usedPercent: 40, windowMinutes: 10_080 },
      secondary: { usedPercent: 10, windowMinutes: 300 },
    },
    read: [
      { seconds: 18_000, used: 10 },
      { seconds: 604_800, used: 40 },
    ],
  },
  {
    name: 'only a monthly window',
    windows: { primary: { usedPercent: 7, windowMinutes: 43_800 }, secondary: null },
    read: [{ seconds: 2_628_000, used: 7 }],
  },
  {
    name: 'a slot of 299 minutes',
    windows: { primary: { usedPercent: 9, windowMinutes: 299 }, secondary: null },
    read: [{ seconds: 18_000, used: 9 }],
  },
  { name: 'no window at all', windows: { primary: null, secondary: null }, read: [] },
];
for (const shape of shapes) {
  test(`R7: ${shape.name} is known by its length, from the usage endpoint as from headers`, async () => {
    await using gateway = await untilProbed(await startGateway({ accounts: [{ windows: shape.windows }] }));
    const [account] = gateway.accounts as [SimulatedAccount];
    expect(windowsOf(gateway, account)).toEqual(shape.read.map((window) => ({ ...window, source: 'usage' })));
    await read(await ask(gateway, wholeChat, 'hi'));
    expect(windowsOf(gateway, account)).toEqual(shape.read.map((window) => ({ ...window, source: 'headers' })));
  });
}

test('R7: after a change of plan the windows of the old one are gone and the new plan is on record', async () => {
  await using gateway = await untilProbed(await startGateway());
  const [account] = gateway.accounts as [SimulatedAccount];
  expect(windowsOf(gateway, account)).toHaveLength(2);
  account.setPlan('pro');
  account.setWindows({
    primary: { usedPercent: 1, windowMinutes: 10_080, resetAt: Date.now() + 7 * dayMs },
    secondary: null,
  });
  await read(await ask(gateway, wholeChat, 'hi'));
  expect(windowsOf(gateway, account)).toEqual([{ seconds: 604_800, used: 1, source: 'headers' }]);
  expect(gateway.account(account)['plan']).toBe('pro');
});

test('R7: quota-aware goes by the tightest window, and unknown is neither free nor spent', async () => {
  await using gateway = await untilProbed(
    await startGateway({
      env: quotaAware,
      accounts: [
        {
          name: 'tight-week',
          windows: {
            primary: { usedPercent: 1, windowMinutes: 300 },
            secondary: { usedPercent: 88, windowMinutes: 10_080 },
          },
        },
        { name: 'unknown', windows: { primary: null, secondary: null } },
        { name: 'fresh', windows: { primary: { usedPercent: 12, windowMinutes: 10_080 }, secondary: null } },
      ],
    }),
  );
  const [, unknown, freshAccount] = gateway.accounts as [SimulatedAccount, SimulatedAccount, SimulatedAccount];
  expect(await nextAnswerer(gateway, 'first')).toBe('fresh');
  freshAccount.setWindows({ primary: { usedPercent: 95 } });
  // Its own answer tells of the change.
  expect(await nextAnswerer(gateway, 'second')).toBe('fresh');
  expect(await nextAnswerer(gateway, 'third')).toBe('unknown');
  unknown.setWindows({ primary: { usedPercent: 99, windowMinutes: 300 } });
  expect(await nextAnswerer(gateway, 'fourth')).toBe('unknown');
  expect(await nextAnswerer(gateway, 'fifth')).toBe('tight-week');
});

test('R7: a share from before the reset says nothing any more', async () => {
  const clock = handClock();
  await using gateway = await untilProbed(
    await startGateway({
      clock,
      env: quotaAware,
      accounts: [
        {
          name: 'used',
          windows: {
            primary: { usedPercent: 90, windowMinutes: 300, resetAt: clock.now() + 10 * minuteMs },
            secondary: null,
          },
        },
        {
          name: 'half',
          windows: {
            primary: { usedPercent: 60, windowMinutes: 300, resetAt: clock.now() + 4 * hourMs },
            secondary: null,
          },
        },
      ],
    }),
  );
  expect(await nextAnswerer(gateway, 'first')).toBe('half');
  clock.advance(11 * minuteMs);
  await gateway.app.maintenance.run();
  expect(await nextAnswerer(gateway, 'second')).toBe('used');
});

for (const way of ways) {
  test(`R7: a reading inside the stream counts like one in the headers (${way.name})`, async () => {
    await using gateway = await untilProbed(await startGateway());
    const [account] = gateway.accounts as [SimulatedAccount];
    const primary = { used_percent: 71, window_minutes: 10_080, reset_at: Math.floor(Date.now() / 1_000) + 86_400 };
    const between = [
      {
        type: 'codex.rate_limits',
        plan_type: 'plus',
        rate_limits: { allowed: true, limit_reached: false, primary, secondary: null },
      },
    ];
    gateway.simulator.script({ reply: { kind: 'stream', events: textAnswer(['Hello'], { between }) } });
    expect(await read(await ask(gateway, way, 'hi'))).toMatchObject({ text: 'Hello' });
    await expectAtRest(gateway);
    expect(windowsOf(gateway, account)).toEqual([{ seconds: 604_800, used: 71, source: 'event' }]);
    expect(gateway.account(account)['quota_rank']).toBe(8);
  });
}
