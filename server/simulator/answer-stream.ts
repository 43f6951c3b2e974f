import { LRUCache } from 'lru-cache';
import { type ItemContext, itemEvents, messageEvents, numberedWords, type StreamEvent } from './answer-events.ts';
import type { PlannedItem } from './answer-plan.ts';
import type { JsonObject } from './json.ts';

/** One event as the backend writes it: an `event:` line, a `data:` line with the JSON, a blank line. */
export function frameOf(event: StreamEvent, sequence: number): Uint8Array {
  return frameOfJson(event.type, JSON.stringify({ sequence_number: sequence, ...event, type: undefined }).slice(1));
}

/** `members` are the JSON members after `type`, with the closing brace. The type stands first, as on the wire. */
function frameOfJson(type: string, members: string): Uint8Array {
  return Buffer.from(`event: ${type}\ndata: {"type":"${type}",${members}\n\n`);
}

export interface AnswerParts {
  initial: JsonObject;
  plan: readonly PlannedItem[];
  /** Called once the items are through, so that its times are later ones. */
  complete: () => JsonObject;
  context: ItemContext;
  /** All events in one piece, for numbered messages. */
  burst: boolean;
}

/**
 * The pieces of a whole answer: one per event, or a single one for a burst. They are made as they are taken, so a
 * flood is never held in memory. The frames of a numbered message are made once and shared by all answers; only the
 * three events with a `response` object are written for each.
 */
export function* answerPieces({ initial, plan, complete, context, burst }: AnswerParts): Generator<Uint8Array> {
  const head = JSON.stringify(initial);
  const created = frameOfJson('response.created', `"response":${head},"sequence_number":0}`);
  const inProgress = frameOfJson('response.in_progress', `"response":${head},"sequence_number":1}`);
  const [first] = plan;
  if (plan.length === 1 && first?.kind === 'numbered-message') {
    const middle = numberedFrames(first.count);
    const completed = () => terminalFrame(complete(), firstItemSequence + middle.frames.length);
    if (burst) return yield Buffer.concat([created, inProgress, middle.joined, completed()]);
    yield created;
    yield inProgress;
    yield* middle.frames;
    return yield completed();
  }
  yield created;
  yield inProgress;
  let sequence = firstItemSequence;
  for (const [index, item] of plan.entries()) {
    for (const event of itemEvents(item, index, context)) {
      yield frameOf(event, sequence);
      sequence += 1;
    }
  }
  yield terminalFrame(complete(), sequence);
}

const firstItemSequence = 2;

function terminalFrame(response: JsonObject, sequence: number): Uint8Array {
  return frameOf({ type: 'response.completed', response }, sequence);
}

interface SharedFrames {
  frames: readonly Uint8Array[];
  joined: Uint8Array;
}

const shared = new LRUCache<number, SharedFrames>({ max: 16 });

function numberedFrames(count: number): SharedFrames {
  const known = shared.get(count);
  if (known) return known;
  const events = messageEvents(`msg_simulated${count}`, 0, numberedWords(count));
  const frames = Array.from(events, (event, index) => frameOf(event, firstItemSequence + index));
  const made = { frames, joined: Buffer.concat(frames) };
  shared.set(count, made);
  return made;
}
