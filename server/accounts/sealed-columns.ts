import type { SecretBox } from '../core/secret-box.ts';
import type { Credential } from './account.ts';

/** The credential as the columns of `tokens` hold it. */
export interface SealedCredential {
  accessToken: Buffer;
  refreshToken: Buffer | null;
  idToken: Buffer | null;
  /** Epoch milliseconds; not a secret. */
  expiredAt: number | null;
}

/** Fields of an imported file that we have no use for, as they stood there. */
export type ExtraFields = Record<string, unknown>;

type SealedColumn = 'access_token' | 'refresh_token' | 'id_token' | 'extra' | 'proxy_url';

/** A sealed value opens only in the row and column it was made for: moving it elsewhere in the file does not work. */
const contextOf = (column: SealedColumn, id: string) => `tokens.${column}:${id}`;

const sealColumn = (box: SecretBox, id: string, column: SealedColumn, text: string | null) =>
  text === null ? null : box.seal(text, contextOf(column, id));
const openColumn = (box: SecretBox, id: string, column: SealedColumn, sealed: Buffer | null) =>
  sealed === null ? null : box.open(sealed, contextOf(column, id));

/** The columns that keep `credential` in the row `id`. */
export function sealCredential(box: SecretBox, id: string, credential: Credential): SealedCredential {
  return {
    accessToken: box.seal(credential.accessToken, contextOf('access_token', id)),
    refreshToken: sealColumn(box, id, 'refresh_token', credential.refreshToken),
    idToken: sealColumn(box, id, 'id_token', credential.idToken),
    expiredAt: credential.expiresAt,
  };
}

/** The inverse of {@link sealCredential}; throws SecretBoxError when the row was sealed with another key or changed. */
export function openCredential(box: SecretBox, row: SealedCredential & { id: string }): Credential {
  return {
    accessToken: openAccessToken(box, row),
    refreshToken: openColumn(box, row.id, 'refresh_token', row.refreshToken),
    idToken: openColumn(box, row.id, 'id_token', row.idToken),
    expiresAt: row.expiredAt,
  };
}

/** The access token alone, which is all a call needs: opening costs. */
export function openAccessToken(box: SecretBox, row: Pick<SealedCredential, 'accessToken'> & { id: string }): string {
  return box.open(row.accessToken, contextOf('access_token', row.id));
}

export function sealProxyUrl(box: SecretBox, id: string, proxyUrl: string | null): Buffer | null {
  return sealColumn(box, id, 'proxy_url', proxyUrl);
}

export function openProxyUrl(box: SecretBox, row: { id: string; proxyUrl: Buffer | null }): string | null {
  return openColumn(box, row.id, 'proxy_url', row.proxyUrl);
}

/** No extra fields are kept as null, not as an empty object. */
export function sealExtra(box: SecretBox, id: string, extra: ExtraFields): Buffer | null {
  return sealColumn(box, id, 'extra', Object.keys(extra).length === 0 ? null : JSON.stringify(extra));
}

export function openExtra(box: SecretBox, row: { id: string; extra: Buffer | null }): ExtraFields {
  const json = openColumn(box, row.id, 'extra', row.extra);
  return json === null ? {} : (JSON.parse(json) as ExtraFields);
}
