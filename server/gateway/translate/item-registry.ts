import { rawString } from './raw-json.ts';

/** How an event names the output item it belongs to. Servers leave out one of the two, sometimes both. */
export interface ItemRef {
  id: string | undefined;
  /** `output_index` */
  index: number | undefined;
}

/** The items of one kind (messages, reasoning, calls) in one answer, each with a state of its own. */
export interface ItemRegistry<State> {
  /** The item an event's `item_id` names, read from its unparsed JSON; undefined when it is not found this way. */
  named(data: string): State | undefined;
  /** The item an `output_item.added` announces. */
  open(ref: ItemRef): State;
  /** The item that an event between `added` and `done` belongs to. */
  at(ref: ItemRef): State;
  /** The item an `output_item.done` ends. */
  close(ref: ItemRef): State;
}

interface Entry<State> {
  id: string | undefined;
  index: number | undefined;
  isDone: boolean;
  readonly state: State;
}

/**
 * Correlates events with items. The id decides; an unknown id falls back to the index (some servers make up a new id
 * for every event); an event that names less than it should belongs to the latest open item it does not contradict.
 * An announced item with a new id is always a new item, even at an index in use.
 */
export function createItemRegistry<State>(create: () => State): ItemRegistry<State> {
  const byId = new Map<string, Entry<State>>();
  const byIndex = new Map<number, Entry<State>>();
  const unfinished: Entry<State>[] = [];
  let lastNamed: { words: string; state: State } | undefined;

  function register(entry: Entry<State>, ref: ItemRef): Entry<State> {
    entry.id ??= ref.id;
    entry.index ??= ref.index;
    if (ref.id !== undefined) byId.set(ref.id, entry);
    if (ref.index !== undefined) byIndex.set(ref.index, entry);
    return entry;
  }

  function add(ref: ItemRef): Entry<State> {
    const entry: Entry<State> = { id: undefined, index: undefined, isDone: false, state: create() };
    unfinished.push(entry);
    return register(entry, ref);
  }

  function find(ref: ItemRef): Entry<State> | undefined {
    const sameId = ref.id === undefined ? undefined : byId.get(ref.id);
    if (sameId) return sameId;
    const sameIndex = ref.index === undefined ? undefined : byIndex.get(ref.index);
    if (sameIndex && (ref.id === undefined || !sameIndex.isDone)) return sameIndex;
    return unfinished.findLast(
      ({ id, index }) => (id === undefined || ref.id === undefined) && (index === undefined || ref.index === undefined),
    );
  }

  function entryAt(ref: ItemRef): Entry<State> {
    const found = find(ref);
    return found ? register(found, ref) : add(ref);
  }

  return {
    named(data) {
      // Most deltas belong to the item of the one before: looking for its very words needs no copy and no map.
      if (lastNamed && data.includes(lastNamed.words)) return lastNamed.state;
      // An id with escapes is not found, and the event is parsed.
      const id = rawString(data, '"item_id":');
      const entry = id === undefined ? undefined : byId.get(id);
      if (entry) lastNamed = { words: `"item_id":"${id}"`, state: entry.state };
      return entry?.state;
    },
    open(ref) {
      const known = ref.id === undefined ? undefined : byId.get(ref.id);
      return (known ?? add(ref)).state;
    },
    at: (ref) => entryAt(ref).state,
    close(ref) {
      const entry = entryAt(ref);
      if (!entry.isDone) {
        entry.isDone = true;
        unfinished.splice(unfinished.indexOf(entry), 1);
      }
      return entry.state;
    },
  };
}
