/** What load and upstream agree on: a mark in the user's text says what the answer is to be. It survives translation. */
export interface AnswerShape {
  /** Events of the whole answer, the eight around the text included. */
  events: number;
  /** Time between two events; 0 sends all of them in one piece. */
  paceMs: number;
}

/** Events of an answer that are not text: created, in_progress, two added, text done, part done, item done, completed. */
export const frameEvents = 8;

export function markOf({ events, paceMs }: AnswerShape): string {
  return `bench-events=${events} bench-pace=${paceMs}.`;
}

const mark = /bench-events=(\d+) bench-pace=(\d+)\./;

/** Undefined when `text` carries no mark. */
export function shapeIn(text: string): AnswerShape | undefined {
  const found = mark.exec(text);
  return found ? { events: Number(found[1]), paceMs: Number(found[2]) } : undefined;
}
