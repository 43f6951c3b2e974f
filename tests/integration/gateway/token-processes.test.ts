import { expect, test } from 'bun:test';
import type { Reply } from '../../../server/simulator/script.ts';
import { startSimulator } from '../../../server/simulator/simulator.ts';
import { createDeployment, type Deployment, type GatewayProcess } from '../../support/gateway-process.ts';

const expired = { expiresInMs: -60_000 };

/** Statuses of `count` requests, one after the other. */
async function ask(gateway: GatewayProcess, count: number): Promise<number[]> {
  const statuses = [];
  for (let index = 0; index < count; index += 1) statuses.push((await gateway.ask(`question ${index}`)).status);
  return statuses;
}

test('T2: two processes that need one account’s refresh make one call, and both use the new pair', async () => {
  await using simulator = startSimulator();
  const { promise: isLetGo, resolve: letGo } = Promise.withResolvers<void>();
  simulator.script({ endpoint: 'token', reply: { kind: 'answer', wait: () => isLetGo } });
  await using deployment = await createDeployment(simulator);
  const id = deployment.import(simulator.addAccount(expired));

  const first = await deployment.start();
  await simulator.waitFor(() => simulator.refreshCount() === 1, 'the first process to refresh');
  const second = await deployment.start();
  const answers = [first, second, first, second].map((gateway) => gateway.ask('hello'));
  await Promise.all([first.untilRunning(2), second.untilRunning(2)]);
  letGo();

  expect((await Promise.all(answers)).map(({ status }) => status)).toEqual([200, 200, 200, 200]);
  expect(simulator.refreshCount()).toBe(1);
  expect(deployment.row(id)).toMatchObject({ state: 'active', credential_version: 2 });
});

interface KillCase {
  moment: string;
  /** What the sign-in server does with the refresh under way. */
  reply: (isLetGo: Promise<void>) => Reply;
  /** When to kill, after the refresh call was seen. */
  until: (deployment: Deployment, id: string, letGo: () => void) => Promise<void> | void;
  state: string;
  statuses: number[];
  refreshes: number;
}

const killCases: KillCase[] = [
  {
    moment: 'before its token was spent',
    reply: () => ({ kind: 'silence' }),
    until: () => {},
    state: 'active',
    statuses: [200, 200],
    refreshes: 2,
  },
  {
    moment: 'after its token was spent and before the new pair came',
    reply: (isLetGo) => ({ kind: 'answer', wait: () => isLetGo }),
    until: () => {},
    state: 'needs-login',
    statuses: [503, 503],
    refreshes: 2,
  },
  {
    moment: 'right after the new pair was written',
    reply: (isLetGo) => ({ kind: 'answer', wait: () => isLetGo }),
    async until(deployment, id, letGo) {
      letGo();
      while (deployment.row(id)['credential_version'] === 1) await Bun.sleep(1);
    },
    state: 'active',
    statuses: [200, 200],
    refreshes: 1,
  },
];

test.each(killCases)(
  'T3: killed $moment, the account is $state after a restart and no spent token is repeated',
  async (killCase) => {
    await using simulator = startSimulator();
    const { promise: isLetGo, resolve: letGo } = Promise.withResolvers<void>();
    simulator.script({ endpoint: 'token', reply: killCase.reply(isLetGo) });
    await using deployment = await createDeployment(simulator);
    const id = deployment.import(simulator.addAccount(expired));

    const killed = await deployment.start();
    await simulator.waitFor(() => simulator.refreshCount() === 1, 'the refresh');
    await killCase.until(deployment, id, letGo);
    await killed.kill();
    letGo();

    const restarted = await deployment.start();
    expect(await ask(restarted, 2)).toEqual(killCase.statuses);
    expect(deployment.row(id)['state']).toBe(killCase.state);
    await restarted.kill();
    const again = await deployment.start();
    expect(await ask(again, 2)).toEqual(killCase.statuses);
    expect(simulator.refreshCount()).toBe(killCase.refreshes);
  },
);

test('T3: killed while the new pair is on its way, the account works or is shown as needing a sign-in', async () => {
  await using simulator = startSimulator();
  const { promise: isLetGo, resolve: letGo } = Promise.withResolvers<void>();
  simulator.script({ endpoint: 'token', reply: { kind: 'answer', wait: () => isLetGo } });
  await using deployment = await createDeployment(simulator);
  const id = deployment.import(simulator.addAccount(expired));

  const killed = await deployment.start();
  await simulator.waitFor(() => simulator.refreshCount() === 1, 'the refresh');
  letGo();
  await killed.kill();

  const isWritten = deployment.row(id)['credential_version'] === 2;
  expect(await ask(await deployment.start(), 3)).toEqual(isWritten ? [200, 200, 200] : [503, 503, 503]);
  expect(deployment.row(id)['state']).toBe(isWritten ? 'active' : 'needs-login');
  expect(simulator.refreshCount()).toBe(isWritten ? 1 : 2);
});
