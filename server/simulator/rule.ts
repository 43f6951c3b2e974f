import type { JsonObject } from './json.ts';
import type { Rejection } from './rejection.ts';

/** A /responses body and what the rules must know besides it. */
export interface RuledRequest {
  body: JsonObject;
  /** The Lite header was sent. */
  isLite: boolean;
  /** Slugs the calling account may use. */
  models: readonly string[];
  /** Value of the `version` header, if any. */
  clientVersion: string | undefined;
  /** Owner key of the calling account: what its encrypted texts are bound to. */
  owner: string;
}

export type RequestRule = (request: RuledRequest) => Rejection | undefined;
