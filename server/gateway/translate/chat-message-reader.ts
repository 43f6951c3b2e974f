import type { UpstreamEvent } from '../upstream-event.ts';
import type { ChatAnnotation, ChatSink } from './chat-sink.ts';
import { deltaOf, partIndexOf, stateOf } from './event-fields.ts';
import { createItemRegistry, type ItemRef } from './item-registry.ts';
import { recordOf } from './json-values.ts';
import { rawOf } from './raw-json.ts';

interface MessageState {
  /** The parts whose text or refusal was given to the sink. */
  given: Set<number>;
  /** How many annotations of each part were given. */
  annotations: Map<number, number>;
}

type MessageSink = Pick<ChatSink, 'text' | 'refusal' | 'annotation'>;

/**
 * Text, refusals and annotations of the answer's messages. A part is told once: by its deltas, else by its own `done`
 * event, else by the finished message.
 */
export function createMessageReader(sink: MessageSink) {
  const messages = createItemRegistry<MessageState>(() => ({ given: new Set(), annotations: new Map() }));

  function giveDelta(event: UpstreamEvent, kind: 'text' | 'refusal'): void {
    const raw = deltaOf(event);
    if (raw === '') return;
    stateOf(messages, event).given.add(partIndexOf(event, 'content_index'));
    sink[kind](raw);
  }

  function giveWhole(given: Set<number>, part: number, kind: 'text' | 'refusal', text: unknown): void {
    if (given.has(part) || typeof text !== 'string' || text === '') return;
    given.add(part);
    sink[kind](rawOf(text));
  }

  function giveAnnotation(value: unknown): void {
    const annotation = toChatAnnotation(value);
    if (annotation) sink.annotation(annotation);
  }

  return {
    added: (ref: ItemRef): void => void messages.open(ref),
    textDelta: (event: UpstreamEvent): void => giveDelta(event, 'text'),
    refusalDelta: (event: UpstreamEvent): void => giveDelta(event, 'refusal'),

    /** `response.output_text.done` or `response.refusal.done` */
    partDone(event: UpstreamEvent, kind: 'text' | 'refusal'): void {
      const { given } = stateOf(messages, event);
      const part = partIndexOf(event, 'content_index');
      if (!given.has(part)) giveWhole(given, part, kind, event.json()[kind]);
    },

    annotationAdded(event: UpstreamEvent): void {
      const { annotations } = stateOf(messages, event);
      const part = partIndexOf(event, 'content_index');
      annotations.set(part, (annotations.get(part) ?? 0) + 1);
      giveAnnotation(event.json()['annotation']);
    },

    itemDone(ref: ItemRef, item: Record<string, unknown>): void {
      const { given, annotations } = messages.close(ref);
      const content = Array.isArray(item['content']) ? item['content'].map(recordOf) : [];
      for (const [part, { type, text, refusal, annotations: all }] of content.entries()) {
        if (type === 'refusal') giveWhole(given, part, 'refusal', refusal);
        else giveWhole(given, part, 'text', text);
        const known = Array.isArray(all) ? all : [];
        for (const annotation of known.slice(annotations.get(part) ?? 0)) giveAnnotation(annotation);
        annotations.set(part, known.length);
      }
    },
  };
}

/** Chat Completions knows citations of web pages only; what cites files of the upstream means nothing to its client. */
function toChatAnnotation(value: unknown): ChatAnnotation | undefined {
  const { type, url, title, start_index: start, end_index: end } = recordOf(value);
  if (type !== 'url_citation' || typeof url !== 'string') return undefined;
  return {
    type: 'url_citation',
    url_citation: {
      url,
      title: typeof title === 'string' ? title : '',
      start_index: typeof start === 'number' ? start : 0,
      end_index: typeof end === 'number' ? end : 0,
    },
  };
}
