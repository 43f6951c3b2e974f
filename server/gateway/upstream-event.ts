import { type SseEvent, textOf } from '../sse/event.ts';

/** JSON of an upstream event. Only the fields a reader checks for may be relied on. */
// biome-ignore format: one line reads best
export type EventJson = { type: string; [field: string]: unknown };

/** An upstream event whose type is known; its JSON is parsed at most once, and not at all for plain deltas. */
export interface UpstreamEvent {
  readonly type: string;
  /** A piece of something: nearly all events of an answer are. */
  readonly isDelta: boolean;
  /** The JSON as a byte string (see server/sse/event.ts). */
  readonly data: string;
  json(): EventJson;
}

/** The upstream sent something that is not the JSON of an event. */
export class MalformedEventError extends Error {
  constructor(detail: string) {
    super(`The upstream sent an event that cannot be read: ${detail}`);
    this.name = 'MalformedEventError';
  }
}

class ParsedEvent implements UpstreamEvent {
  readonly type: string;
  readonly isDelta: boolean;
  readonly data: string;
  #json: EventJson | undefined;

  constructor(type: string, data: string, json?: EventJson) {
    this.type = type;
    this.isDelta = type.endsWith('.delta');
    this.data = data;
    this.#json = json;
  }

  json(): EventJson {
    this.#json ??= parseEventJson(this.data);
    return this.#json;
  }
}

function parseEventJson(data: string): EventJson {
  let value: unknown;
  try {
    value = JSON.parse(textOf(data));
  } catch (error) {
    throw new MalformedEventError((error as Error).message);
  }
  if (typeof value !== 'object' || value === null || typeof (value as EventJson).type !== 'string') {
    throw new MalformedEventError('it is not an object with a type');
  }
  return value as EventJson;
}

/** A type standing first, as every known server writes it: read without parsing the rest. */
const leadingType = /^\{\s*"type"\s*:\s*"([A-Za-z0-9_.-]+)"/;

/** How the last event began, and its type: the next one is mostly of the same type. */
let lastBeginning = 'no event yet';
let lastType = '';

/**
 * The upstream event in `event`, or undefined for `[DONE]` and empty data. Throws {@link MalformedEventError}.
 * The `event:` line is not consulted: Codex reads only `data:`, and some servers leave the line out.
 */
export function toUpstreamEvent(event: SseEvent): UpstreamEvent | undefined {
  const { data } = event;
  if (data.startsWith(lastBeginning)) return new ParsedEvent(lastType, data);
  const leading = leadingType.exec(data);
  if (leading) {
    lastBeginning = leading[0];
    lastType = canonicalType(leading[1] as string);
    return new ParsedEvent(lastType, data);
  }
  if (data === '' || data === '[DONE]') return undefined;
  const json = parseEventJson(data);
  return new ParsedEvent(canonicalType(json.type), data, json);
}

/** `response.done` is an old alias of `response.completed`. */
function canonicalType(type: string): string {
  return type === 'response.done' ? 'response.completed' : type;
}

/**
 * What an event means for the attempt it arrives in.
 * - `prelude`: carries no output; may be held back, and the attempt can still move to another account.
 * - `output`: the client sees it; from here on nothing is replayed.
 * - `terminal`: the answer is complete (`response.completed`, `response.incomplete`).
 * - `failure`: the answer failed (`response.failed`, `error`).
 */
export type EventRole = 'prelude' | 'output' | 'terminal' | 'failure';

const preludeTypes = new Set([
  'response.created',
  'response.in_progress',
  'response.queued',
  'response.metadata',
  'keepalive',
]);

/** Events only a Codex client knows what to do with. */
export function isPrivate(type: string): boolean {
  return (
    type.startsWith('codex.') ||
    type === 'response.metadata' ||
    type === 'keepalive' ||
    type.startsWith('responsesapi.') ||
    type === 'response.safety_buffering'
  );
}

export function roleOf(event: UpstreamEvent): EventRole {
  const { type } = event;
  if (event.isDelta) return 'output';
  if (type === 'response.completed' || type === 'response.incomplete') return 'terminal';
  if (type === 'response.failed' || type === 'error') return 'failure';
  if (preludeTypes.has(type) || isPrivate(type)) return 'prelude';
  if (type === 'response.output_item.added') return isEmptyItem(event.json()['item']) ? 'prelude' : 'output';
  if (type === 'response.content_part.added' || type === 'response.reasoning_summary_part.added') {
    // The usual empty part is told without parsing: a quote inside a string would be escaped.
    if (event.data.includes('"text":""')) return 'prelude';
    return (event.json()['part'] as { text?: unknown } | undefined)?.text ? 'output' : 'prelude';
  }
  return 'output';
}

/** An announced item without content: a message, reasoning or call that has not said anything yet. */
function isEmptyItem(item: unknown): boolean {
  if (typeof item !== 'object' || item === null) return true;
  const { type, content, summary, arguments: args, input } = item as Record<string, unknown>;
  if (type !== 'message' && type !== 'reasoning' && type !== 'function_call' && type !== 'custom_tool_call')
    return false;
  const isEmpty = (value: unknown) => value == null || value === '' || (Array.isArray(value) && value.length === 0);
  return isEmpty(content) && isEmpty(summary) && isEmpty(args) && isEmpty(input);
}
