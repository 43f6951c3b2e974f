import type { SimulatedAccount } from '../../server/simulator/account.ts';
import { askedAccounts } from './gateway-faults.ts';
import type { TestGateway } from './start-gateway.ts';

type Json = Record<string, unknown>;

/** A conversation over chat completions whose client sends the whole history with every turn, as they do. */
export interface Thread {
  /** Asks the next question; the name of the account that answered it last. */
  turn(question?: string): Promise<string | undefined>;
  /** The same without waiting for anything. */
  send(question?: string, options?: { key?: string }): Promise<Response>;
}

export function startThread(gateway: TestGateway, opening: string): Thread {
  const messages: Json[] = [];
  const thread: Thread = {
    send(question = 'And then?', options = {}) {
      const asked = [...messages, { role: 'user', content: messages.length === 0 ? opening : question }];
      messages.splice(0, messages.length, ...asked, { role: 'assistant', content: 'Noted.' });
      return gateway.post('/v1/chat/completions', { model: 'gpt-5.5', messages: asked }, options);
    },
    async turn(question) {
      const response = await thread.send(question);
      const body = await response.text();
      if (response.status !== 200) throw new Error(`The turn failed with ${response.status}: ${body}`);
      return askedAccounts(gateway).at(-1);
    },
  };
  return thread;
}

/** Account by name. */
export function accountNamed(gateway: TestGateway, name: string | undefined): SimulatedAccount {
  const account = gateway.accounts.find((candidate) => candidate.name === name);
  if (!account) throw new Error(`There is no account ${name}.`);
  return account;
}
