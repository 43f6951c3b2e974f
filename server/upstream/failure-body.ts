/** What an error body or a failure event says, whatever its shape. Absent fields were absent, empty or of another type. */
export interface FailureBody {
  /** `html` and `text` come from the edge or a proxy, never from the backend itself. */
  kind: 'json' | 'html' | 'text' | 'empty';
  code?: string;
  type?: string;
  message?: string;
  param?: string;
  /** A status inside the body (WebSocket-style `error` events have one). */
  status?: number;
  /** Epoch seconds. */
  resetsAt?: number;
  resetsInSeconds?: number;
}

/**
 * Reads the body of a failed answer. Known shapes: `{"error":{message,type,code,param}}`, OAuth's
 * `{"error":"code","error_description"}`, FastAPI's `{"detail": text | {code,message} | [{loc,msg}]}`, the flat
 * `{code,message}`, HTML pages and plain text.
 */
export function readFailureBody(text: string | undefined): FailureBody {
  const trimmed = (text ?? '').trim();
  if (trimmed === '') return { kind: 'empty' };
  if (trimmed.startsWith('{')) {
    const json = parseObject(trimmed);
    // JSON cut at the caller's bound says nothing, but it is not text to show to anyone either.
    return json ? readObject(json) : { kind: 'json' };
  }
  if (/^<(?:!doctype|html|head|body|center|title|!--|\?xml)/i.test(trimmed)) return { kind: 'html' };
  return { kind: 'text', message: trimmed };
}

/** Reads the JSON of a `response.failed` event or of an `error` event in any of its shapes. */
export function readFailureEvent(event: unknown): FailureBody {
  const json = asObject(event);
  if (!json) return { kind: 'empty' };
  return readObject(asObject(json['response']) ?? json);
}

function readObject(json: Record<string, unknown>): FailureBody {
  const { error, detail } = json;
  const status = asNumber(json['status']) ?? asNumber(json['status_code']);
  const rest = status === undefined ? {} : { status };
  if (typeof error === 'string') {
    return {
      kind: 'json',
      ...rest,
      ...fieldsOf({ code: error, message: json['error_description'] ?? json['message'] ?? error }),
    };
  }
  const nested = asObject(error) ?? asObject(detail);
  if (nested) return { kind: 'json', ...rest, ...fieldsOf(nested) };
  if (typeof detail === 'string') return { kind: 'json', ...rest, ...fieldsOf({ ...json, message: detail }) };
  if (Array.isArray(detail)) return { kind: 'json', ...rest, ...fieldsOfValidation(detail) };
  return { kind: 'json', ...rest, ...fieldsOf(json['type'] === 'error' ? { ...json, type: undefined } : json) };
}

function fieldsOf(source: Record<string, unknown>): Omit<FailureBody, 'kind'> {
  const fields: Omit<FailureBody, 'kind'> = {};
  const code = asText(source['code']);
  const type = asText(source['type']);
  const message = asText(source['message']);
  const param = asText(source['param']);
  const resetsAt = asNumber(source['resets_at']);
  const resetsInSeconds = asNumber(source['resets_in_seconds']);
  if (code !== undefined) fields.code = code;
  if (type !== undefined) fields.type = type;
  if (message !== undefined) fields.message = message;
  if (param !== undefined) fields.param = param;
  if (resetsAt !== undefined) fields.resetsAt = resetsAt;
  if (resetsInSeconds !== undefined) fields.resetsInSeconds = resetsInSeconds;
  return fields;
}

/** FastAPI's list of validation problems: the first one names the field. */
function fieldsOfValidation(problems: readonly unknown[]): Omit<FailureBody, 'kind'> {
  const first = asObject(problems[0]);
  const place = Array.isArray(first?.['loc']) ? first['loc'].filter((step) => step !== 'body').join('.') : undefined;
  return fieldsOf({ message: first?.['msg'], param: place });
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    return asObject(JSON.parse(text));
  } catch {
    return undefined;
  }
}

function asObject(value: unknown): Record<string, unknown> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined;
}

function asText(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function asNumber(value: unknown): number | undefined {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined;
}
