/** An answer that ends a call: status, JSON body and extra headers, in one of the backend's two wrappers. */
export interface Rejection {
  status: number;
  body: unknown;
  headers?: Record<string, string> | undefined;
}

/** `{"detail":"…"}`: the wrapper of the backend's own front. */
export function detail(text: string, status = 400): Rejection {
  return { status, body: { detail: text } };
}

/** `{"error":{message,type,code,param}}`: the wrapper of the model service behind it. */
export function apiError(code: string | null, message: string, param: string | null = null, status = 400): Rejection {
  return { status, body: { error: { message, type: 'invalid_request_error', code, param } } };
}

/** The 401 of a rejected access token. */
export function unauthorized(code: 'token_invalidated' | 'token_expired'): Rejection {
  const message =
    code === 'token_expired'
      ? 'Provided authentication token is expired. Please try signing in again.'
      : 'Your authentication token has been invalidated. Please try signing in again.';
  return { status: 401, body: { error: { message, type: 'invalid_request_error', code, param: null }, status: 401 } };
}
