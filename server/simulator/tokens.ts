import { createHash } from 'node:crypto';

/** What identifies a simulated person and workspace inside a token. */
export interface TokenSubject {
  accountId: string;
  userId: string;
  email: string;
  plan: string;
}

export interface TokenTimes {
  /** Epoch milliseconds; the claims carry whole seconds. */
  issuedAt: number;
  expiresAt: number;
}

/** The public client id of the Codex command line. */
export const codexClientId = 'app_EMoamEEZ73f0CkXaXp7hrann';

/** A well-formed JWT nobody signed: clients of the backend read the claims of their own tokens without verifying. */
export function unsignedJwt(claims: Record<string, unknown>): string {
  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${encode({ alg: 'none', typ: 'JWT' })}.${encode(claims)}.${Buffer.from('simulated').toString('base64url')}`;
}

/** The access token: workspace, person and plan in the vendor's namespaced claims. `serial` keeps tokens distinct. */
export function accessTokenOf(subject: TokenSubject, times: TokenTimes, serial: number): string {
  return unsignedJwt({
    ...commonClaims(subject, times, serial),
    aud: ['https://api.openai.com/v1'],
    client_id: codexClientId,
    scp: ['openid', 'profile', 'email', 'offline_access'],
    'https://api.openai.com/profile': { email: subject.email, email_verified: true },
  });
}

/** The id token of the same sign-in. */
export function idTokenOf(subject: TokenSubject, times: TokenTimes, serial: number): string {
  return unsignedJwt({
    ...commonClaims(subject, times, serial),
    aud: [codexClientId],
    email: subject.email,
    email_verified: true,
  });
}

function commonClaims(subject: TokenSubject, times: TokenTimes, serial: number): Record<string, unknown> {
  return {
    iss: 'https://auth.openai.com',
    sub: `auth0|${subject.userId}`,
    iat: Math.floor(times.issuedAt / 1000),
    exp: Math.floor(times.expiresAt / 1000),
    jti: `sim-${serial}`,
    'https://api.openai.com/auth': {
      chatgpt_account_id: subject.accountId,
      chatgpt_user_id: subject.userId,
      user_id: subject.userId,
      chatgpt_account_user_id: `${subject.userId}__${subject.accountId}`,
      chatgpt_plan_type: subject.plan,
      chatgpt_compute_residency: 'no_constraint',
      chatgpt_data_residency: 'no_constraint',
    },
  };
}

/** A uuid-shaped text that is the same for the same seed. */
export function stableUuid(seed: string): string {
  const hex = createHash('sha256').update(seed).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
