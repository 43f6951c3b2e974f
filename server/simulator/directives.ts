import { type JsonObject, objectsOf, textOr } from './json.ts';

/** A tool call asked for by `[[sim:tool NAME input]]`. */
export interface ToolDirective {
  name: string;
  /** JSON of a function's arguments, or the free text of a custom tool; empty when the directive has none. */
  input: string;
}

/** What the last user message asks the simulator to do. Absent members mean the default. */
export interface Directives {
  tools: ToolDirective[];
  /** `[[sim:reasoning]]`: a reasoning item before the answer. */
  reasoning: boolean;
  /** `[[sim:text N]]`, `[[sim:burst N]]`, `[[sim:pace N MS]]`: how many deltas. */
  deltas?: number;
  /** `[[sim:flood BYTES]]`: the size of the text. */
  floodBytes?: number;
  /** `[[sim:slow MS]]` and `[[sim:pace N MS]]`: time between events. */
  delayMs?: number;
  /** `[[sim:burst N]]`: the whole answer in one write. */
  burst: boolean;
  /** `[[sim:fault NAME]]`, or `[[sim:fault NAME ACCOUNT]]` for one account only. */
  fault?: { name: string; account: string | undefined };
}

const opening = '[[sim:';
const closing = ']]';

/** Reads every directive in a text. Unknown or malformed ones are left alone: they are just text. */
export function parseDirectives(text: string): Directives {
  const directives: Directives = { tools: [], reasoning: false, burst: false };
  let position = text.indexOf(opening);
  while (position >= 0) {
    const start = position + opening.length;
    const end = endOfDirective(text, start);
    if (end < 0) break;
    apply(directives, text.slice(start, end).trim());
    position = text.indexOf(opening, end);
  }
  return directives;
}

/** Where the directive that starts at `start` ends: JSON inside it may hold `]]` of its own. */
function endOfDirective(text: string, start: number): number {
  const first = text.indexOf(closing, start);
  const json = /^tool\s+\S+\s+(?=\{)/.exec(text.slice(start));
  if (!json) return first;
  for (let end = first; end >= 0; end = text.indexOf(closing, end + 1)) {
    if (isJson(text.slice(start + json[0].length, end))) return end;
  }
  return first;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function apply(directives: Directives, words: string): void {
  const [verb = '', first = '', second] = words.split(/\s+/);
  const count = /^\d+$/.test(first) ? Number(first) : undefined;
  const delayMs = second !== undefined && /^\d+$/.test(second) ? Number(second) : undefined;
  if (verb === 'tool' && first !== '') {
    directives.tools.push({ name: first, input: words.replace(/^tool\s+\S+\s*/, '') });
  } else if (verb === 'reasoning') directives.reasoning = true;
  else if (verb === 'fault' && first !== '') directives.fault = { name: first, account: second };
  else if (count === undefined) return;
  else if (verb === 'text') directives.deltas = count;
  else if (verb === 'slow') directives.delayMs = count;
  else if (verb === 'flood') directives.floodBytes = count;
  else if (verb === 'burst') Object.assign(directives, { deltas: count, burst: true });
  else if (verb === 'pace' && delayMs !== undefined) Object.assign(directives, { deltas: count, delayMs });
}

/** The text of the last user message, its parts joined; empty when there is none. */
export function lastUserText(body: JsonObject): string {
  const message = objectsOf(body['input']).findLast((item) => item['role'] === 'user');
  return message ? contentText(message['content']) : '';
}

/** The text of a message's or a tool output's content: a string or a list of parts. */
export function contentText(content: unknown): string {
  if (typeof content === 'string') return content;
  return objectsOf(content)
    .map((part) => textOr(part['text'], ''))
    .join('');
}
