import { createHash } from 'node:crypto';
import { redact } from '../../core/log.ts';
import { readClaims, type TokenClaims } from '../jwt.ts';
import type { AccountDraft, DraftHistory, DraftSettings, Rejection } from './draft.ts';
import {
  asCount,
  asFlag,
  asHeaderText,
  asInteger,
  asObject,
  asText,
  asVerbatim,
  type Container,
  createFieldReader,
  type FieldReader,
  type JsonObject,
} from './fields.ts';
import { readInstant } from './instant.ts';

/** The member of an exported record that holds what only this program knows. */
export const ownBlock = 'gpt2api';

export type RecordReading = { draft: AccountDraft } | { rejection: Rejection };

/** Sign-ins of other services, as the files of multi-provider proxies mark them. */
const otherProviders = new Set([
  'claude',
  'anthropic',
  'gemini',
  'gemini-cli',
  'google',
  'antigravity',
  'vertex',
  'aistudio',
  'qwen',
  'iflow',
  'kimi',
  'grok',
  'xai',
]);
const deepestWrapper = 8;

/** The single records in a parsed file: arrays and `{"tokens":[…]}` or `{"accounts":[…]}` wrappers are unfolded. */
export function recordsOf(value: unknown, depth = 0): unknown[] {
  if (depth > deepestWrapper) return [value];
  if (Array.isArray(value)) return value.flatMap((item: unknown) => recordsOf(item, depth + 1));
  const object = asObject(value);
  const list = [object?.['tokens'], object?.['accounts']].find(Array.isArray);
  return list ? recordsOf(list, depth + 1) : [value];
}

/** How an item is called in reports: its name or e-mail (of the file, else of its tokens), never anything secret. */
export function labelOf(record: unknown, index: number, emailOfTokens: string | null = null): string {
  const object = asObject(record);
  const own = asObject(object?.[ownBlock]);
  const name = [own?.['name'], object?.['name'], object?.['email'], emailOfTokens]
    .map(asText)
    .find((text) => text !== null);
  return name ? redact(name).slice(0, 80) : `item ${index + 1}`;
}

/**
 * One account out of a record of any known format: Codex `auth.json` (old and new), the flat files of CLIProxyAPI and
 * gpt2api-node, codex-lb's camelCase, OpenCode's `openai` entry, sub2api's `credentials`, and our own export. What
 * the file does not say is read from the tokens' claims.
 */
export function readRecord(record: unknown): RecordReading {
  const object = asObject(record);
  if (!object) return reject('not_an_object', 'it is not a JSON object');
  const provider = foreignProvider(object);
  if (provider) return reject('other_provider', `it is a sign-in of another service (${provider})`);

  const own = createFieldReader([{ path: ownBlock, fields: asObject(object[ownBlock]) ?? {} }]);
  const fields = createFieldReader(containersOf(object));
  const accessToken = fields.take(['access_token', 'accessToken'], asHeaderText);
  if (accessToken === null || accessToken.startsWith('sk-')) {
    return holdsApiKey(object, accessToken)
      ? reject('api_key', 'it is an API key, not an account: sign in with ChatGPT instead')
      : reject('no_access_token', 'it has no usable access token (access_token)');
  }
  const refreshToken = fields.take(['refresh_token', 'refreshToken'], asHeaderText);
  const idToken = fields.take(['id_token', 'idToken'], asHeaderText);
  const claims = mergedClaims(idToken, accessToken);

  const settings = readSettings(own, fields, asObject(object['credentials']) !== null);
  if (!settings) return reject('bad_proxy_url', 'its proxy_url is not an http://, https:// or socks5:// URL');
  const email = takeFirst(own, fields, ['email'], asText) ?? claims.email;
  // Our own export says "unknown" by an empty text, and then it is not to be guessed anew.
  const ownAccountId = own.take(['account_id'], (value) => (typeof value === 'string' ? value : null));
  const statedAccountId = fields.take(
    ['account_id', 'accountId', 'chatgpt_account_id', 'chatgptAccountId'],
    asHeaderText,
  );
  const accountId = ownAccountId ?? statedAccountId ?? claims.accountId ?? '';
  const userId = readUserId(own, fields, claims) ?? email?.toLowerCase() ?? anonymousId(refreshToken ?? accessToken);
  const name =
    own.take(['name'], asVerbatim) ??
    fields.take(['name'], asText) ??
    email ??
    (accountId === '' ? userId : `account ${accountId.slice(0, 8)}`);
  const plan = takeFirst(own, fields, ['plan', 'plan_type', 'planType', 'chatgpt_plan_type'], asText) ?? claims.plan;
  const expiresAt =
    takeFirst(own, fields, ['expires_at', 'expiresAt', 'expired', 'expired_at', 'expiredAt', 'expires'], readInstant) ??
    readClaims(accessToken).expiresAt;
  const lastRefreshAt = takeFirst(
    own,
    fields,
    ['last_refresh', 'last_refresh_at', 'lastRefresh', 'lastRefreshAt'],
    readInstant,
  );
  const history = Object.hasOwn(object, ownBlock) ? readHistory(own) : null;
  // The marks of a ChatGPT sign-in: an export writes them anew.
  fields.take(['auth_mode'], (value) => (value === 'chatgpt' ? value : null));
  fields.take(['OPENAI_API_KEY'], () => null);

  const extra = { ...fields.rest(), ...own.rest() };
  const credential = { accessToken, refreshToken, idToken, expiresAt };
  return { draft: { name, email, accountId, userId, plan, credential, lastRefreshAt, settings, history, extra } };
}

function reject(code: Rejection['code'], reason: string): RecordReading {
  return { rejection: { code, reason } };
}

/** Where fields may stand, best first. Of an OpenCode file only the `openai` entry is ours to keep. */
function containersOf(object: JsonObject): Container[] {
  const openai = asObject(object['openai']);
  if (openai?.['type'] === 'oauth') {
    const { type: _type, access, refresh, expires, ...others } = openai;
    return [
      { path: 'openai', fields: { ...others, access_token: access, refresh_token: refresh, expires_at: expires } },
    ];
  }
  const inner = ['tokens', 'credentials'].flatMap((path) => {
    const fields = asObject(object[path]);
    return fields ? [{ path, fields }] : [];
  });
  const innerPaths = new Set([ownBlock, ...inner.map(({ path }) => path)]);
  return [
    ...inner,
    { path: null, fields: Object.fromEntries(Object.entries(object).filter(([name]) => !innerPaths.has(name))) },
  ];
}

/** What an earlier export says, else what the file says. A different word of the file stays an extra field. */
function takeFirst<T>(
  own: FieldReader,
  fields: FieldReader,
  names: readonly string[],
  read: (value: unknown) => T | null,
): T | null {
  return takeKnown(own.take(names, read), fields, names, read);
}

function takeKnown<T>(
  known: T | null,
  fields: FieldReader,
  names: readonly string[],
  read: (value: unknown) => T | null,
): T | null {
  const stated = fields.take(names, (value) => {
    const said = read(value);
    return known === null || said === known ? said : null;
  });
  return known ?? stated;
}

/** The person: as an earlier export says, else as the tokens say, else as the file says. */
function readUserId(own: FieldReader, fields: FieldReader, claims: TokenClaims): string | null {
  const known = own.take(['user_id'], asText) ?? claims.userId;
  return takeKnown(known, fields, ['chatgpt_user_id', 'chatgptUserId', 'user_id', 'userId'], asText);
}

/** Null when the proxy cannot be used: an account must never go out directly because its proxy was not understood. */
function readSettings(own: FieldReader, fields: FieldReader, isSub2api: boolean): DraftSettings | null {
  const proxyText = takeFirst(own, fields, ['proxy_url', 'proxyUrl'], asText);
  const proxyUrl = proxyText === 'direct' || proxyText === 'none' ? null : proxyText;
  if (proxyUrl !== null && !isProxyUrl(proxyUrl)) return null;
  const isActive = fields.take(['is_active', 'isActive'], asFlag) ?? !(fields.take(['disabled'], asFlag) ?? false);
  const stated = own.take(['state'], (value) =>
    value === 'active' || value === 'needs-login' || value === 'disabled' ? value : null,
  );
  const state = stated ?? (isActive ? 'active' : 'disabled');
  return {
    // sub2api counts priorities the other way round.
    priority: own.take(['priority'], asInteger) ?? (isSub2api ? null : fields.take(['priority'], asInteger)) ?? 0,
    maxConcurrency: own.take(['max_concurrency'], asCount) || null,
    proxyUrl,
    notes: own.take(['notes'], asVerbatim) ?? fields.take(['notes', 'note'], asText),
    state,
    stateReason: own.take(['state_reason'], asText) ?? (state === 'disabled' ? 'imported as inactive' : null),
  };
}

function readHistory(own: FieldReader): DraftHistory {
  return {
    totalRequests: own.take(['total_requests'], asCount) ?? 0,
    successRequests: own.take(['success_requests'], asCount) ?? 0,
    failedRequests: own.take(['failed_requests'], asCount) ?? 0,
    lastUsedAt: own.take(['last_used_at'], readInstant),
    createdAt: own.take(['created_at'], readInstant),
  };
}

/** The id token knows more about the person, so its word counts first. */
function mergedClaims(idToken: string | null, accessToken: string): TokenClaims {
  const access = readClaims(accessToken);
  if (idToken === null) return access;
  const id = readClaims(idToken);
  return {
    ...access,
    accountId: id.accountId ?? access.accountId,
    userId: id.userId ?? access.userId,
    email: id.email ?? access.email,
    plan: id.plan ?? access.plan,
  };
}

function anonymousId(token: string): string {
  return `anon:${createHash('sha256').update(token).digest('hex').slice(0, 16)}`;
}

function isProxyUrl(text: string): boolean {
  return URL.canParse(text) && /^(https?|socks5h?):$/.test(new URL(text).protocol);
}

function foreignProvider(object: JsonObject): string | undefined {
  const marks = [asText(object['type']), asText(object['provider']), asText(object['platform'])];
  return marks.map((mark) => mark?.toLowerCase()).find((mark) => mark !== undefined && otherProviders.has(mark));
}

function holdsApiKey(object: JsonObject, accessToken: string | null): boolean {
  const places = [object, asObject(object['openai']), asObject(object['credentials'])];
  const hasKey = places.some(
    (place) =>
      place &&
      [place['OPENAI_API_KEY'], place['api_key'], place['apiKey'], place['key']].some(
        (value) => asText(value) !== null,
      ),
  );
  return hasKey || accessToken !== null || /^api_?key$/i.test(asText(object['auth_mode']) ?? '');
}
