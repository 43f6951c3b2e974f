import { type ErrorCode, errorCodes } from '../contract/error-codes.ts';

export interface AppErrorDetails {
  /** Name of the offending request field, for `error.param`. */
  param?: string | undefined;
  /** How long the client should wait; becomes `Retry-After` (whole seconds, rounded up). */
  retryAfterMs?: number | undefined;
  /** Overrides of the table's values, for errors that pass on what the upstream said of the client's request. */
  status?: number | undefined;
  type?: string | undefined;
  wireCode?: string | undefined;
  /** Extra members of the error object, e.g. `resets_at` (epoch seconds). */
  extra?: Record<string, unknown> | undefined;
  /** Extra response headers, e.g. `allow`. */
  headers?: Record<string, string> | undefined;
  cause?: unknown;
}

/** An outcome that ends a request with a clear answer for its client. The message is shown to the client verbatim. */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly details: AppErrorDetails;

  constructor(code: ErrorCode, message: string, details: AppErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'AppError';
    this.code = code;
    this.details = details;
  }

  get status(): number {
    return this.details.status ?? errorCodes[this.code].status;
  }

  /** The OpenAI error body: `{ error: { message, type, code, param } }` plus what `details.extra` adds. */
  toBody(): { error: { message: string; type: string; code: string; param: string | null } } {
    return {
      error: {
        message: this.message,
        type: this.details.type ?? errorCodes[this.code].type,
        code: this.details.wireCode ?? this.code,
        param: this.details.param ?? null,
        ...this.details.extra,
      },
    };
  }
}

/** The message of anything thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
