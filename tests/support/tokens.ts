/** Tokens as the upstream makes them, but for the signature, which nobody here checks. */

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** An unsigned JWT with this payload. */
export function fakeJwt(payload: Record<string, unknown>): string {
  return `${encode({ alg: 'none', typ: 'JWT' })}.${encode(payload)}.c2ln`;
}

export interface TokenFacts {
  accountId?: string;
  userId?: string;
  email?: string;
  plan?: string;
  /** Epoch seconds. */
  exp?: number;
  iat?: number;
}

/** An access token with the claims the upstream puts into one. */
export function fakeAccessToken({ accountId, userId, email, plan, exp, iat }: TokenFacts): string {
  return fakeJwt({
    exp,
    iat,
    'https://api.openai.com/profile': { email },
    'https://api.openai.com/auth': { chatgpt_account_id: accountId, chatgpt_user_id: userId, chatgpt_plan_type: plan },
  });
}
