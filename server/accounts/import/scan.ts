/** One JSON value of a file, or a place where there should have been one. `line` counts from 1. */
export type Piece = { line: number; isBroken: false; value: unknown } | { line: number; isBroken: true };

/** Characters that copying from pages and chats leaves behind, as members of a character class. JSON takes none of them for white space. */
export const invisible =
  '\\u00a0\\u00ad\\u034f\\u061c\\u1680\\u180e\\u2000-\\u200f\\u2028-\\u202f\\u205f-\\u2064\\u3000\\ufeff';
const string = '"[^"\\\\\\n]*(?:\\\\.[^"\\\\\\n]*)*"';
const invisibleOrString = new RegExp(`${string}|[${invisible}]`, 'g');

/** What may stand between objects: blanks, commas, brackets of arrays, ends of wrappers, and starts of wrappers. */
const separators = /(?:[\s,[\]}]|\{\s*"(?:tokens|accounts)"\s*:\s*\[)*/y;
/** What matters for the extent of an object: strings are skipped, brackets counted, and lines that begin a value may end it. */
const structure = new RegExp(`${string}|[{}[\\]]|\\n[ \\t]*(?=[{[])`, 'g');

/**
 * The JSON values of `text`: one value, JSON lines, or objects one after the other, with byte-order marks and invisible
 * characters anywhere between tokens. What cannot be read is one broken piece; reading goes on with the next object.
 * Arrays and `{"tokens":[…]}` wrappers that are broken as a whole come back as their single objects.
 */
export function scanJson(text: string): Piece[] {
  const clean = text.replace(invisibleOrString, (match) => (match.startsWith('"') ? match : ' '));
  if (clean.trim() === '') return [];
  const whole = parseJson(clean);
  if (whole) return [{ line: 1, isBroken: false, value: whole.value }];
  return scanObjects(clean);
}

function scanObjects(text: string): Piece[] {
  const pieces: Piece[] = [];
  const lines = createLineCounter(text);
  let wasGarbage = false;
  for (let position = skipSeparators(text, 0); position < text.length; position = skipSeparators(text, position)) {
    const { line, indent } = lines.at(position);
    const isObject = text[position] === '{';
    const extent = isObject ? objectExtent(text, position, indent) : { end: endOfLine(text, position), isWhole: false };
    const parsed = extent.isWhole ? parseJson(text.slice(position, extent.end)) : undefined;
    position = extent.end;
    if (parsed) {
      pieces.push({ line, isBroken: false, value: parsed.value });
      wasGarbage = false;
      continue;
    }
    // The rest of a broken object, or a text that is no JSON at all, is reported once and not line by line.
    const last = pieces.at(-1);
    const isSameFault = last?.isBroken === true && (last.line === line || (!isObject && wasGarbage));
    if (!isSameFault) pieces.push({ line, isBroken: true });
    wasGarbage = true;
  }
  return pieces;
}

function skipSeparators(text: string, position: number): number {
  separators.lastIndex = position;
  return position + (separators.exec(text)?.[0].length ?? 0);
}

function endOfLine(text: string, position: number): number {
  const end = text.indexOf('\n', position);
  return end === -1 ? text.length : end;
}

/**
 * The end of the object that begins at `start`. It is not whole when the text ends first, or when a line that is
 * indented no deeper begins a new value: then a bracket is missing, and the next object must not be drawn in.
 */
function objectExtent(text: string, start: number, indent: number): { end: number; isWhole: boolean } {
  let depth = 0;
  structure.lastIndex = start;
  for (let match = structure.exec(text); match; match = structure.exec(text)) {
    const token = match[0];
    if (token === '{' || token === '[') depth += 1;
    else if (token === '}' || token === ']') depth -= 1;
    else if (token.startsWith('\n') && token.length - 1 <= indent) return { end: match.index, isWhole: false };
    if (depth === 0) return { end: structure.lastIndex, isWhole: true };
  }
  return { end: text.length, isWhole: false };
}

/** Line and indentation of ever growing positions; looks at each character once. */
function createLineCounter(text: string): { at(position: number): { line: number; indent: number } } {
  let line = 1;
  let lineStart = 0;
  let nextBreak = text.indexOf('\n');
  return {
    at(position) {
      while (nextBreak !== -1 && nextBreak < position) {
        line += 1;
        lineStart = nextBreak + 1;
        nextBreak = text.indexOf('\n', lineStart);
      }
      let indent = 0;
      while (text[lineStart + indent] === ' ' || text[lineStart + indent] === '\t') indent += 1;
      return { line, indent };
    },
  };
}

function parseJson(text: string): { value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) };
  } catch {
    // The engine's message quotes the text, which may hold tokens: the place is all that is told.
    return undefined;
  }
}
