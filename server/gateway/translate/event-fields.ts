import type { UpstreamEvent } from '../upstream-event.ts';
import type { ItemRef, ItemRegistry } from './item-registry.ts';
import { textOrNull } from './json-values.ts';
import { rawInteger, rawOf, rawString } from './raw-json.ts';

/** Fields of an event that are read without parsing it where that is possible, and from its JSON where it is not. */

/** The raw text of `delta`; empty when there is none. */
export function deltaOf(event: UpstreamEvent): string {
  const raw = rawString(event.data, '"delta":');
  if (raw !== undefined) return raw;
  const { delta } = event.json();
  return typeof delta === 'string' ? rawOf(delta) : '';
}

/** `content_index` or `summary_index`: which part of its item an event belongs to, 0 when it does not say. */
export function partIndexOf(event: UpstreamEvent, field: 'content_index' | 'summary_index'): number {
  const raw = rawInteger(event.data, field === 'content_index' ? '"content_index":' : '"summary_index":');
  return raw ?? indexOrUndefined(event.json()[field]) ?? 0;
}

/** The state of the item that a delta or any other event inside an item belongs to. */
export function stateOf<State>(items: ItemRegistry<State>, event: UpstreamEvent): State {
  const named = items.named(event.data);
  if (named !== undefined) return named;
  const json = event.json();
  return items.at(itemRef(json['item_id'], json['output_index']));
}

/** @param id the item's `id` @param index its `output_index`; either may be anything */
export function itemRef(id: unknown, index: unknown): ItemRef {
  return { id: textOrNull(id) ?? undefined, index: indexOrUndefined(index) };
}

function indexOrUndefined(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}
