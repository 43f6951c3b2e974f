import type { ResponsesItem } from '../../contract/responses-body.ts';
import type { UpstreamEvent } from '../upstream-event.ts';
import { isRecord } from './json-values.ts';

/** The finished items of one answer, whatever order they finished in. */
export interface OutputItems {
  /** Takes the item of a `response.output_item.done`. */
  add(event: UpstreamEvent): void;
  /** In the order of their `output_index`. */
  list(): ResponsesItem[];
}

/** The upstream leaves `response.completed.response.output` empty as a rule: the answer is in its item events. */
export function createOutputItems(): OutputItems {
  const byIndex = new Map<number, ResponsesItem>();
  return {
    add(event) {
      const { item, output_index: index } = event.json();
      if (isItem(item)) byIndex.set(typeof index === 'number' ? index : byIndex.size, item);
    },
    list: () => [...byIndex].sort(([one], [other]) => one - other).map(([, item]) => item),
  };
}

function isItem(value: unknown): value is ResponsesItem {
  return isRecord(value) && typeof value['type'] === 'string';
}
