import type { Bindings } from '../accounts/bindings.ts';
import type { Preference } from '../accounts/pool.ts';
import type { AnswerCall } from './call.ts';
import { encryptedContents, hasCompaction } from './translate/input-items.ts';

/** What binds a request to accounts: the account it should go to, and who made the encrypted parts it carries. */
export interface Affinity {
  preference: Preference | undefined;
  /** The account that issued the request's `x-codex-turn-state`; undefined when unknown or absent. */
  turnStateOwner: string | undefined;
  /** The account whose encrypted reasoning the request carries; undefined when unknown or none. */
  encryptedOwner: string | undefined;
}

/**
 * The account a request belongs to, strongest tie first: a compaction (nobody else can read it), the turn state, the
 * answer it continues, encrypted reasoning, the conversation. Encrypted content is looked up newest first. Affinity
 * of plain conversations can be switched off; the other ties are a matter of correctness.
 */
export function affinityOf(call: AnswerCall, bindings: Bindings, options: { isOn: boolean }): Affinity {
  const turnState = call.codexHeaders?.get('x-codex-turn-state') ?? null;
  const turnStateOwner = turnState === null ? undefined : bindings.find('turn-state', turnState);
  const encryptedOwner = newestOwner(call, bindings);
  const conversationOwner = call.conversation.isNew ? undefined : bindings.find('conversation', call.conversation.key);

  const firm = turnStateOwner ?? call.previousAccountId ?? encryptedOwner;
  const owner = firm ?? conversationOwner;
  if (owner === undefined) return { preference: undefined, turnStateOwner, encryptedOwner };
  if (hasCompaction(call.body))
    return { preference: { accountId: encryptedOwner ?? owner, strength: 'hard' }, turnStateOwner, encryptedOwner };
  if (firm !== undefined) return { preference: { accountId: firm, strength: 'firm' }, turnStateOwner, encryptedOwner };
  return {
    preference: options.isOn ? { accountId: owner, strength: 'soft' } : undefined,
    turnStateOwner,
    encryptedOwner,
  };
}

function newestOwner(call: AnswerCall, bindings: Bindings): string | undefined {
  for (const content of encryptedContents(call.body).toReversed()) {
    const owner = bindings.find('encrypted', content);
    if (owner !== undefined) return owner;
  }
  return undefined;
}
