/**
 * `text` with everything between `<!-- name:begin -->` and `<!-- name:end -->` replaced by `content` between
 * blank lines. Throws when the markers do not stand there exactly once and in this order.
 */
export function replaceMarked(text: string, name: string, content: string): string {
  const begin = `<!-- ${name}:begin -->`;
  const end = `<!-- ${name}:end -->`;
  const [head, afterBegin, ...moreBegins] = text.split(begin);
  const [, tail, ...moreEnds] = (afterBegin ?? '').split(end);
  if (head === undefined || tail === undefined || moreBegins.length > 0 || moreEnds.length > 0) {
    throw new Error(`It must hold ${begin} and, after it, ${end}, each once.`);
  }
  return `${head}${begin}\n\n${content}\n\n${end}${tail}`;
}
