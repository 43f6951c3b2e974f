import type { UpstreamEvent } from '../upstream-event.ts';
import type { ChatSink } from './chat-sink.ts';
import { deltaOf, partIndexOf, stateOf } from './event-fields.ts';
import { createItemRegistry, type ItemRef } from './item-registry.ts';
import { recordOf } from './json-values.ts';
import { rawOf } from './raw-json.ts';

/** Reasoning is told as summaries, rarely as it is; both go into one text. */
export type ReasoningKind = 'summary' | 'content';

/** An empty line, raw. */
const betweenParts = '\\n\\n';

/** The parts of one reasoning item that were given to the sink; see {@link partKey}. */
type GivenParts = Set<number>;

/**
 * The answer's reasoning, with an empty line between two parts. As with messages a part is told by its deltas, else by
 * its `done` event, else by the finished item.
 */
export function createReasoningReader(sink: Pick<ChatSink, 'reasoning'>) {
  const items = createItemRegistry<GivenParts>(() => new Set());
  let lastItem: GivenParts | undefined;
  let lastPart = -1;

  function give(item: GivenParts, part: number, raw: string): void {
    const isContinued = lastItem === undefined || (lastItem === item && lastPart === part);
    lastItem = item;
    lastPart = part;
    item.add(part);
    sink.reasoning(isContinued ? raw : betweenParts + raw);
  }

  function giveWhole(item: GivenParts, part: number, text: unknown): void {
    if (!item.has(part) && typeof text === 'string' && text !== '') give(item, part, rawOf(text));
  }

  function partOf(event: UpstreamEvent, kind: ReasoningKind): number {
    return partKey(kind, partIndexOf(event, kind === 'summary' ? 'summary_index' : 'content_index'));
  }

  return {
    added: (ref: ItemRef): void => void items.open(ref),

    delta(event: UpstreamEvent, kind: ReasoningKind): void {
      const raw = deltaOf(event);
      if (raw !== '') give(stateOf(items, event), partOf(event, kind), raw);
    },

    partDone(event: UpstreamEvent, kind: ReasoningKind): void {
      const item = stateOf(items, event);
      const part = partOf(event, kind);
      if (!item.has(part)) giveWhole(item, part, event.json()['text']);
    },

    itemDone(ref: ItemRef, json: Record<string, unknown>): void {
      const item = items.close(ref);
      for (const kind of ['summary', 'content'] as const) {
        const parts = Array.isArray(json[kind]) ? json[kind] : [];
        for (const [index, part] of parts.entries()) giveWhole(item, partKey(kind, index), recordOf(part)['text']);
      }
    },
  };
}

/** Summaries and contents of one item are counted separately: even keys are summaries, odd ones contents. */
function partKey(kind: ReasoningKind, index: number): number {
  return index * 2 + (kind === 'summary' ? 0 : 1);
}
