import { createAccountRepository } from '../../db/repositories/accounts.ts';
import { sealProxyUrl } from '../../server/accounts/sealed-columns.ts';
import type { SimulatedAccount } from '../../server/simulator/account.ts';
import type { TestGateway } from './start-gateway.ts';

export interface AccountChange {
  priority?: number;
  maxConcurrency?: number | null;
  proxyUrl?: string | null;
}

/** What an operator changes about an account while the gateway runs. */
export function changeAccount(
  gateway: TestGateway,
  account: SimulatedAccount,
  { proxyUrl, ...change }: AccountChange,
): void {
  const id = gateway.idOf(account);
  const sealed = proxyUrl === undefined ? {} : { proxyUrl: sealProxyUrl(gateway.box, id, proxyUrl) };
  const isKnown = createAccountRepository(gateway.db).update(id, { ...change, ...sealed }, Date.now());
  if (!isKnown) throw new Error(`The gateway does not know ${account.name}.`);
}

/** The operator's word about an account: `disabled` takes it out of use, `active` back into it. */
export function setAccountState(gateway: TestGateway, account: SimulatedAccount, state: 'active' | 'disabled'): void {
  createAccountRepository(gateway.db).setState(gateway.idOf(account), state, null, Date.now());
}
