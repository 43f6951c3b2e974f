import { createHash } from 'node:crypto';
import type { Clock } from '../core/clock.ts';
import { randomText } from '../core/ids.ts';
import type { SimulatedAccount } from './account.ts';
import { type Answer, plain, refused } from './answer.ts';
import { type JsonObject, textOr } from './json.ts';
import { apiError } from './rejection.ts';
import type { SessionStore, TokenSet } from './sessions.ts';
import { codexClientId } from './tokens.ts';

/** The sign-in server: token, revoke, browser and device flow. */
export interface OauthEndpoints {
  /** The account a token call is about, when its token or code is known. */
  accountOf(body: JsonObject): SimulatedAccount | undefined;
  token(body: JsonObject): Answer;
  revoke(body: JsonObject): Answer;
  /** Signs `account` in without asking and redirects back with a code. */
  authorize(url: URL, account: SimulatedAccount | undefined): Answer;
  deviceUserCode(): Answer;
  deviceToken(body: JsonObject): Answer;
  /** What a person does on the device page. False when no such code waits. */
  approveDevice(userCode: string, account: SimulatedAccount): boolean;
}

interface Grant {
  account: SimulatedAccount;
  challenge: string;
  redirectUri: string;
}

interface Device {
  userCode: string;
  account: SimulatedAccount | undefined;
  verifier: string;
}

const deviceLifetimeMs = 15 * 60_000;

export function createOauthEndpoints(deps: { clock: Clock; sessions: SessionStore; issuer: string }): OauthEndpoints {
  const { clock, sessions, issuer } = deps;
  const grants = new Map<string, Grant>();
  const devices = new Map<string, Device>();

  function grantCode(grant: Grant): string {
    const code = `ac_${randomText(24)}`;
    grants.set(code, grant);
    return code;
  }

  function exchange(body: JsonObject): Answer {
    const code = textOr(body['code'], '');
    const grant = grants.get(code);
    const isGood =
      grant !== undefined &&
      challengeOf(textOr(body['code_verifier'], '')) === grant.challenge &&
      body['redirect_uri'] === grant.redirectUri;
    if (!isGood)
      return plain({ error: 'invalid_grant', error_description: 'The authorization code is not valid.' }, 400);
    grants.delete(code);
    return tokenAnswer(sessions.issue(grant.account));
  }

  function refresh(body: JsonObject): Answer {
    const verdict = sessions.rotate(textOr(body['refresh_token'], ''));
    if (verdict.ok) return tokenAnswer(verdict.tokens);
    const message =
      verdict.code === 'refresh_token_reused'
        ? 'Your refresh token has already been used to generate a new access token. Please try signing in again.'
        : 'Your session has ended. Please log in again.';
    return refused(apiError(verdict.code, message, null, 401));
  }

  function tokenAnswer(tokens: TokenSet): Answer {
    return plain({
      id_token: tokens.idToken,
      access_token: tokens.accessToken,
      refresh_token: tokens.refreshToken,
      token_type: 'Bearer',
      expires_in: Math.floor((tokens.expiresAt - tokens.issuedAt) / 1000),
      scope: 'openid profile email offline_access',
    });
  }

  return {
    accountOf: (body) =>
      sessions.ownerOfRefresh(textOr(body['refresh_token'] ?? body['token'], '')) ??
      grants.get(textOr(body['code'], ''))?.account,
    token(body) {
      if (body['client_id'] !== codexClientId)
        return plain({ error: 'invalid_client', error_description: 'Unknown client.' }, 400);
      if (body['grant_type'] === 'refresh_token') return refresh(body);
      if (body['grant_type'] === 'authorization_code') return exchange(body);
      return plain({ error: 'unsupported_grant_type', error_description: 'Unsupported grant type.' }, 400);
    },
    revoke(body) {
      sessions.revokeRefresh(textOr(body['token'], ''));
      return plain({});
    },
    authorize(url, account) {
      const query = url.searchParams;
      const redirectUri = query.get('redirect_uri') ?? '';
      const isGood =
        query.get('client_id') === codexClientId &&
        query.get('code_challenge_method') === 'S256' &&
        URL.canParse(redirectUri);
      if (!isGood || !account) return plain({ error: 'invalid_request' }, 400);
      const back = new URL(redirectUri);
      back.searchParams.set('code', grantCode({ account, challenge: query.get('code_challenge') ?? '', redirectUri }));
      back.searchParams.set('scope', query.get('scope') ?? '');
      back.searchParams.set('state', query.get('state') ?? '');
      return plain(undefined, 302, { location: back.href });
    },
    deviceUserCode() {
      const id = `device_${randomText(16)}`;
      const letters = randomText(9).toUpperCase();
      const userCode = `${letters.slice(0, 4)}-${letters.slice(4)}`;
      devices.set(id, { userCode, account: undefined, verifier: randomText(64) });
      const expiresAt = new Date(clock.now() + deviceLifetimeMs).toISOString();
      return plain({ device_auth_id: id, user_code: userCode, interval: '1', expires_at: expiresAt });
    },
    deviceToken(body) {
      const id = textOr(body['device_auth_id'], '');
      const device = devices.get(id);
      // Pending and unknown look the same: 403 with an empty object.
      if (!device?.account || device.userCode !== body['user_code']) return plain({}, 403);
      devices.delete(id);
      const challenge = challengeOf(device.verifier);
      const code = grantCode({ account: device.account, challenge, redirectUri: `${issuer}/deviceauth/callback` });
      return plain({ authorization_code: code, code_challenge: challenge, code_verifier: device.verifier });
    },
    approveDevice(userCode, account) {
      const device = [...devices.values()].find((candidate) => candidate.userCode === userCode);
      if (device) device.account = account;
      return device !== undefined;
    },
  };
}

function challengeOf(verifier: string): string {
  return createHash('sha256').update(verifier).digest('base64url');
}
