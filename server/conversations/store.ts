import type { Db } from '../../db/client.ts';
import {
  type ConversationRepository,
  createConversationRepository,
  type StoredResponseRow,
} from '../../db/repositories/conversations.ts';
import type { ResponsesItem } from '../contract/responses-body.ts';
import type { Clock } from '../core/clock.ts';
import { AppError } from '../core/errors.ts';
import type { SecretBox } from '../core/secret-box.ts';
import { mergeHistory, type StoredResponse } from './history.ts';

/**
 * Answers kept for `previous_response_id`, `item_reference` and `GET /v1/responses/{id}`, because the upstream keeps
 * nothing. They are sealed, belong to the client key that made them, and go when their time is over or, above the
 * size limit, oldest first. Continuing a conversation keeps all of it alive. With a `ttlMs` of 0 nothing is kept.
 */
export interface ConversationStore {
  /** Synchronous, one transaction. An answer larger than the whole limit is not kept. */
  save(keyId: string, answer: StoredResponse): void;
  get(keyId: string, id: string): StoredResponse | undefined;
  /** False when there was nothing to remove. */
  remove(keyId: string, id: string): boolean;
  /**
   * Input and output of the whole conversation up to `previousId`, in order, and the account that answered last.
   * Throws AppError 400 `previous_response_not_found` naming the id when it, or one before it, is not there.
   */
  history(keyId: string, previousId: string): { items: ResponsesItem[]; tokenId: string | null };
  /** Puts the kept items in the place of references. Throws AppError 400 `item_not_found` naming the first unknown one. */
  resolveReferences(keyId: string, items: readonly ResponsesItem[]): ResponsesItem[];
}

interface Payload {
  input: ResponsesItem[];
  output: ResponsesItem[];
  /** Without its output, which stands beside it. */
  response: Record<string, unknown>;
}

/** Saves between two countings of the space taken; in between the own additions are summed up. */
const savesPerCount = 256;

export function createConversationStore(deps: {
  db: Db;
  box: SecretBox;
  clock: Clock;
  ttlMs: number;
  maxBytes: number;
}): ConversationStore {
  const { box, clock, ttlMs, maxBytes } = deps;
  const rows = createConversationRepository(deps.db);
  const isOn = ttlMs > 0;
  // A row is rewritten with its whole payload: an earlier answer's expiry is moved only when this much is gained, and
  // rows stay this much longer than they say. So no link of a live conversation goes before its newest answer.
  const slackMs = Math.floor(ttlMs / 10);
  const space = createSpaceKeeper(rows, maxBytes);

  function open(row: StoredResponseRow): StoredResponse {
    const { id, previousId, tokenId } = row;
    const { input, output, response } = JSON.parse(box.open(row.payload, sealContext(row.apiKeyId, id))) as Payload;
    return { id, previousId, tokenId, input, output, response };
  }

  /** Undefined as well when its time is over, even if it is still there as a part of a longer conversation. */
  function find(keyId: string, id: string): StoredResponse | undefined {
    const row = isOn ? rows.find(keyId, id) : undefined;
    return row && row.expiresAt > clock.now() ? open(row) : undefined;
  }

  return {
    save(keyId, answer) {
      if (!isOn) return;
      const { id, previousId, tokenId, input, output } = answer;
      const { output: _, ...response } = answer.response;
      const payload = box.seal(JSON.stringify({ input, output, response } satisfies Payload), sealContext(keyId, id));
      if (payload.length > maxBytes) return;
      const now = clock.now();
      const expiresAt = now + ttlMs;
      const row: StoredResponseRow = { id, apiKeyId: keyId, previousId, tokenId, payload, createdAt: now, expiresAt };
      const itemIds = [...input, ...output].flatMap((item) => (typeof item['id'] === 'string' ? [item['id']] : []));
      rows.transaction(() => {
        rows.removeExpired(now - slackMs);
        rows.insert(row, itemIds);
        if (previousId !== null) rows.extendChain(keyId, previousId, expiresAt, expiresAt - slackMs);
        space.make(payload.length);
      });
    },
    get: find,
    remove(keyId, id) {
      if (!find(keyId, id)) return false;
      let isRemoved = false;
      rows.transaction(() => {
        isRemoved = rows.remove(keyId, id);
      });
      return isRemoved;
    },
    history(keyId, previousId) {
      if (!isOn)
        throw responseNotFound(
          previousId,
          'Keeping of responses is switched off on this server: send the whole conversation as input.',
        );
      const newest = find(keyId, previousId);
      if (!newest) throw responseNotFound(previousId);
      const answers = [newest];
      const seen = new Set([previousId]);
      for (let id = newest.previousId; id !== null && !seen.has(id); id = answers.at(-1)?.previousId ?? null) {
        seen.add(id);
        const row = rows.find(keyId, id);
        if (!row)
          throw responseNotFound(previousId, `An earlier response of its conversation, '${id}', is no longer kept.`);
        answers.push(open(row));
      }
      // A client may have sent again, in a later turn, what an earlier one holds.
      const items = answers.reduceRight<ResponsesItem[]>(
        (kept, { input, output }) => [...mergeHistory(kept, input), ...output],
        [],
      );
      return { items, tokenId: newest.tokenId };
    },
    resolveReferences(keyId, items) {
      const opened = new Map<string, StoredResponse | undefined>();
      return items.map((item, index) => {
        if (item.type !== 'item_reference') return item;
        const itemId = String(item['id']);
        const responseId = isOn ? rows.responseOfItem(keyId, itemId) : undefined;
        if (responseId !== undefined && !opened.has(responseId)) opened.set(responseId, find(keyId, responseId));
        const answer = responseId === undefined ? undefined : opened.get(responseId);
        const found = answer && [...answer.output, ...answer.input].find((candidate) => candidate['id'] === itemId);
        if (!found) throw itemNotFound(itemId, index, isOn);
        return found;
      });
    },
  };
}

/** Keeps the payloads within `maxBytes` without counting them at every save. */
function createSpaceKeeper(rows: ConversationRepository, maxBytes: number): { make(added: number): void } {
  let taken = Number.POSITIVE_INFINITY;
  let saves = 0;
  return {
    make(added) {
      taken += added;
      saves += 1;
      if (taken <= maxBytes && saves < savesPerCount) return;
      saves = 0;
      taken = rows.totalBytes();
      while (taken > maxBytes) {
        const oldest = rows.oldest(32);
        for (const { apiKeyId, id, bytes } of oldest) {
          if (taken <= maxBytes) break;
          rows.remove(apiKeyId, id);
          taken -= bytes;
        }
        if (oldest.length === 0) break;
      }
    },
  };
}

function sealContext(keyId: string, id: string): string {
  return `stored_responses.payload:${keyId}:${id}`;
}

function responseNotFound(id: string, why = ''): AppError {
  const message = `Previous response with id '${id}' not found.${why === '' ? '' : ` ${why}`}`;
  return new AppError('previous_response_not_found', message, { param: 'previous_response_id' });
}

function itemNotFound(id: string, index: number, isOn: boolean): AppError {
  const why = isOn ? '' : ' Keeping of responses is switched off on this server: send the item itself.';
  return new AppError('item_not_found', `Item with id '${id}' not found.${why}`, { param: `input[${index}].id` });
}
