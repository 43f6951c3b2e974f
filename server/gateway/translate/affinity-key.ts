import { hash as digest } from 'node:crypto';
import type { ResponsesBody, ResponsesItem } from '../../contract/responses-body.ts';
import { defaultInstructions } from './instructions.ts';
import { isRecord } from './json-values.ts';

export interface ConversationKey {
  /** A hash: safe to store, the same in every turn of a conversation. */
  key: string;
  /** The client named the conversation itself, so the key cannot belong to two of them by accident. */
  isExplicit: boolean;
  /** The input holds nothing a model has said yet. */
  isFirstTurn: boolean;
}

/**
 * Which conversation a translated body belongs to: the session the client names, else the cache key it names, else
 * what does not change between its turns. Keys of two client keys never meet.
 * @param options.promptCacheKey as the client sent it, not a derived one.
 */
export function conversationKey(options: {
  clientKeyId: string;
  sessionId?: string | undefined;
  promptCacheKey?: string | undefined;
  body: Pick<ResponsesBody, 'instructions' | 'input'>;
}): ConversationKey {
  const { clientKeyId, sessionId, promptCacheKey, body } = options;
  const isFirstTurn = !body.input.some(isFromModel);
  if (sessionId) return { key: hash([clientKeyId, 'session', sessionId]), isExplicit: true, isFirstTurn };
  if (promptCacheKey) return { key: hash([clientKeyId, 'cache', promptCacheKey]), isExplicit: true, isFirstTurn };
  return { key: hash([clientKeyId, 'opening', ...opening(body)]), isExplicit: false, isFirstTurn };
}

/**
 * The `prompt_cache_key` for a client that sends none, 40 characters: it stays the same between the turns of a
 * conversation, whichever API it is continued over, and differs between threads and between client keys.
 */
export function derivedCacheKey(clientKeyId: string, body: Pick<ResponsesBody, 'instructions' | 'input'>): string {
  return hash([clientKeyId, 'opening', ...opening(body)]).slice(0, 40);
}

/** A cache key as the upstream takes it: at most 64 characters, a longer one by its hash. */
export function shortCacheKey(key: string): string {
  return key.length <= 64 ? key : digest('sha256', key, 'hex');
}

/**
 * What a conversation opens with: the system text, wherever the translation put it, and the first user message. Our
 * own stand-in for missing instructions is not part of it.
 */
function opening(body: Pick<ResponsesBody, 'instructions' | 'input'>): string[] {
  const system =
    body.instructions === undefined || body.instructions === defaultInstructions ? [] : [body.instructions];
  for (const item of body.input) {
    if (item.type !== 'message') continue;
    if (item['role'] !== 'developer') return [system.join('\n\n'), contentText(item)];
    system.push(contentText(item));
  }
  return [system.join('\n\n'), ''];
}

/** Texts as they are, other parts by what they hold; formatting of the part objects does not matter. */
function contentText(item: ResponsesItem): string {
  const { content } = item;
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  const parts = content
    .filter(isRecord)
    .map((part) => part['text'] ?? part['image_url'] ?? part['file_data'] ?? part['file_url'] ?? '');
  return parts.join('\n\n');
}

function isFromModel(item: ResponsesItem): boolean {
  if (item.type === 'message') return item['role'] === 'assistant';
  return item.type === 'reasoning' || item.type === 'compaction' || item.type.endsWith('_call');
}

/** Lengths keep neighbouring texts apart: ("ab","c") and ("a","bc") differ. */
function hash(texts: readonly string[]): string {
  return digest('sha256', texts.map((text) => `${text.length}:${text}`).join(''), 'hex');
}
