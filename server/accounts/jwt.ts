/** What we read out of a token. Null is "does not say": many tokens in the field are opaque. */
export interface TokenClaims {
  /** Workspace, for the `chatgpt-account-id` header. */
  accountId: string | null;
  /** Person; several people may share one account id. */
  userId: string | null;
  email: string | null;
  plan: string | null;
  /** Epoch milliseconds. */
  expiresAt: number | null;
  /** Epoch milliseconds. */
  issuedAt: number | null;
  /** Region that requests must be bound to; null is no constraint. */
  residency: string | null;
  isFedramp: boolean;
}

const authClaim = 'https://api.openai.com/auth';
const profileClaim = 'https://api.openai.com/profile';
/** The end of the year 9999; what lies past it is no time. */
const lastSecond = 253_402_300_799;

/**
 * The claims of an id or access token. Only the payload is read: the token is our operator's own, and the upstream
 * verifies it. Never throws; a token that is no JWT has no claims.
 */
export function readClaims(token: string): TokenClaims {
  const payload = payloadOf(token);
  const auth = asObject(payload[authClaim]);
  const residency = asText(auth['chatgpt_compute_residency']);
  return {
    accountId: asText(auth['chatgpt_account_id']),
    userId: asText(auth['chatgpt_user_id']) ?? asText(auth['user_id']) ?? asText(auth['chatgpt_account_user_id']),
    email: asText(payload['email']) ?? asText(asObject(payload[profileClaim])['email']),
    plan: asText(auth['chatgpt_plan_type']),
    expiresAt: asInstant(payload['exp']),
    issuedAt: asInstant(payload['iat']),
    residency: residency === 'no_constraint' ? null : residency,
    isFedramp: auth['chatgpt_account_is_fedramp'] === true,
  };
}

function payloadOf(token: string): Record<string, unknown> {
  const payload = token.split('.')[1];
  if (!payload) return {};
  try {
    return asObject(JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')));
  } catch {
    return {};
  }
}

function asObject(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function asText(value: unknown): string | null {
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : null;
}

/** JWT times are seconds, fractions allowed. */
function asInstant(seconds: unknown): number | null {
  return typeof seconds === 'number' && seconds > 0 && seconds <= lastSecond ? Math.round(seconds * 1000) : null;
}
