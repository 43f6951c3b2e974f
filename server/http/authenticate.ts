import type { Clock } from '../core/clock.ts';
import { commandName } from '../core/command-name.ts';
import { AppError } from '../core/errors.ts';
import type { ClientKey, KeyService } from '../keys/service.ts';
import { allowsModel } from '../models/public-list.ts';

/** The key a client presents, as `Authorization: Bearer` or `x-api-key`; null when it presents none. */
export function presentedKey(headers: Headers): string | null {
  const authorization = headers.get('authorization');
  if (authorization !== null) {
    const [, key] = /^bearer\s+(\S.*)$/i.exec(authorization.trim()) ?? [];
    if (key !== undefined) return key;
  }
  return headers.get('x-api-key') || null;
}

/** The client key of a request. Throws AppError 401: the gateway is closed until a key exists. */
export function authenticate(headers: Headers, keys: KeyService, clock: Clock): ClientKey {
  const presented = presentedKey(headers);
  const key = presented === null ? undefined : keys.find(presented);
  if (key?.isActive) {
    if (key.expiresAt === null || key.expiresAt > clock.now()) return key;
    throw new AppError('key_expired', 'This API key has expired. Ask the operator of this gateway for a new one.', {
      wireCode: 'invalid_api_key',
    });
  }
  if (!keys.hasAnyKey()) {
    throw new AppError(
      'no_client_keys',
      `This gateway has no API key yet, so it is closed. Its operator can make one: ${commandName} keys create --name NAME`,
    );
  }
  if (presented === null) {
    throw new AppError('invalid_api_key', 'You did not provide an API key. Send it as "Authorization: Bearer KEY".');
  }
  throw new AppError(
    'invalid_api_key',
    'Incorrect API key provided. Ask the operator of this gateway for a valid one.',
  );
}

/** Throws AppError 403 when the key's allow-list does not name the model. */
export function checkModelAllowed(key: ClientKey, model: { asked: string; slug: string }): void {
  if (allowsModel(key.allowedModels, model)) return;
  throw new AppError('model_not_allowed', `This API key may not use the model '${model.asked}'.`, { param: 'model' });
}
