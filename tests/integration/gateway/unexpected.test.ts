import { expect, test } from 'bun:test';
import type { SimulatedAccount } from '../../../server/simulator/account.ts';
import { ask, expectAtRest, gate, read, untilProbed, ways } from '../../support/gateway-faults.ts';
import { startGateway } from '../../support/start-gateway.ts';

for (const way of ways) {
  test(`R2: a request that the gateway itself fails ends its upstream call, too (${way.name})`, async () => {
    await using gateway = await untilProbed(await startGateway());
    const [account] = gateway.accounts as [SimulatedAccount];
    const headers = { 'x-codex-primary-used-percent': '37', 'x-codex-primary-window-minutes': '300' };
    const answered = gate();
    gateway.simulator.script({ reply: { kind: 'answer', headers, wait: () => answered.opened, ending: 'stall' } });
    // The answer's quota headers would end a cool-down, and just then the disk is full.
    const full = `create trigger full before update of state on tokens begin select raise(abort, 'disk full'); end`;
    const asked = ask(gateway, way, 'hi');
    await gateway.simulator.waitFor(() => gateway.simulator.openConnections === 1, 'the call');
    gateway.db.sqlite.run(`update tokens set state = 'cooling', state_reason = 'usage_limit_reached' where id = ?`, [
      gateway.idOf(account),
    ]);
    gateway.db.sqlite.run(full);
    answered.open();
    const got = await read(await asked);
    gateway.db.sqlite.run('drop trigger full');
    expect(got).toMatchObject({ status: 500, error: { code: 'internal_error' } });
    await expectAtRest(gateway);
  });
}
