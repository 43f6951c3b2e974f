import { expect, test } from 'bun:test';
import fc from 'fast-check';
import type { EventJson, UpstreamEvent } from '../../../../server/gateway/upstream-event.ts';
import { answerTo } from '../../../support/chat-answers.ts';
import { eventFromText } from '../../../support/upstream-events.ts';

/** Pieces that a careless copy of JSON gets wrong, among any text at all; cut between any two UTF-16 units. */
const awkward = [
  '"',
  '\\',
  '\\"',
  '\\\\"',
  '\u2028',
  '\u0000',
  '\n',
  '😀',
  '\ud83d',
  '\ude00',
  'é',
  '"delta":"',
  '","item_id":"x',
];
const piece = fc.oneof(fc.string({ unit: 'binary', maxLength: 12 }), fc.constantFrom(...awkward));
const pieces = fc
  .array(piece, { minLength: 1, maxLength: 6 })
  .map((all) => all.join(''))
  .filter((text) => text !== '')
  .chain((text) => fc.tuple(fc.constant(text), fc.array(fc.nat(text.length), { maxLength: 6 })))
  .map(([text, cuts]) => {
    const at = [0, ...cuts.sort((one, other) => one - other), text.length];
    return at.slice(1).map((end, index) => text.slice(at[index], end));
  });

/** Which events tell of a part: deltas, its `done`, or neither, so that only the finished item has it. */
const told = fc.record({ deltas: fc.boolean(), done: fc.boolean() });
/** How the events inside an item name it. */
const naming = fc.constantFrom('both', 'id', 'index');

const message = fc.record({
  kind: fc.constant('message' as const),
  hasAdded: fc.boolean(),
  naming,
  parts: fc.array(fc.record({ pieces, told, isRefusal: fc.boolean() }), { minLength: 1, maxLength: 3 }),
});
const reasoning = fc.record({
  kind: fc.constant('reasoning' as const),
  hasAdded: fc.boolean(),
  naming,
  parts: fc.array(fc.record({ pieces, told }), { minLength: 1, maxLength: 3 }),
});
/** Several calls at once; `turns` says whose event is next. */
const calls = fc.record({
  kind: fc.constant('calls' as const),
  calls: fc.array(fc.record({ pieces, told, naming, isCustom: fc.boolean() }), { minLength: 1, maxLength: 4 }),
  turns: fc.array(fc.nat(3), { maxLength: 30 }),
});
type Step = typeof message extends fc.Arbitrary<infer M> ? M : never;
type Thought = typeof reasoning extends fc.Arbitrary<infer R> ? R : never;
type Calls = typeof calls extends fc.Arbitrary<infer C> ? C : never;

const place = (way: string, id: string, index: number) => ({
  ...(way !== 'index' && { item_id: id }),
  ...(way !== 'id' && { output_index: index }),
});

/** The events of one part: what a delta and a `done` event of it look like is the caller's. */
function partEvents(
  part: { pieces: string[]; told: { deltas: boolean; done: boolean } },
  delta: (text: string) => EventJson,
  done: (text: string) => EventJson,
): EventJson[] {
  return [...(part.told.deltas ? part.pieces.map(delta) : []), ...(part.told.done ? [done(part.pieces.join(''))] : [])];
}

function added(output_index: number, item: object): EventJson {
  return { type: 'response.output_item.added', output_index, item };
}
function finished(output_index: number, item: object): EventJson {
  return { type: 'response.output_item.done', output_index, item };
}

function messageEvents({ parts, hasAdded, naming: way }: Step, index: number): EventJson[] {
  const id = `msg_${index}`;
  const content = parts.map(({ pieces: all, isRefusal }) =>
    isRefusal
      ? { type: 'refusal', refusal: all.join('') }
      : { type: 'output_text', text: all.join(''), annotations: [] },
  );
  const inner = parts.flatMap((part, content_index) => {
    const where = { ...place(way, id, index), content_index };
    const [type, field] = part.isRefusal ? ['refusal', 'refusal'] : ['output_text', 'text'];
    return partEvents(
      part,
      (delta) => ({ type: `response.${type}.delta`, ...where, delta }),
      (text) => ({ type: `response.${type}.done`, ...where, [field as string]: text }),
    );
  });
  const item = { id, type: 'message', role: 'assistant' };
  return [
    ...(hasAdded ? [added(index, { ...item, content: [] })] : []),
    ...inner,
    finished(index, { ...item, content }),
  ];
}

function reasoningEvents({ parts, hasAdded, naming: way }: Thought, index: number): EventJson[] {
  const id = `rs_${index}`;
  const inner = parts.flatMap((part, summary_index) => {
    const where = { ...place(way, id, index), summary_index };
    const type = 'response.reasoning_summary_text';
    return partEvents(
      part,
      (delta) => ({ type: `${type}.delta`, ...where, delta }),
      (text) => ({ type: `${type}.done`, ...where, text }),
    );
  });
  const summary = parts.map((part) => ({ type: 'summary_text', text: part.pieces.join('') }));
  const item = { id, type: 'reasoning' };
  return [
    ...(hasAdded ? [added(index, { ...item, summary: [] })] : []),
    ...inner,
    finished(index, { ...item, summary }),
  ];
}

function callEvents(group: Calls, first: number): EventJson[] {
  const queues = group.calls.map((one, offset) => {
    const index = first + offset;
    const id = `item_${index}`;
    const [type, event, field] = one.isCustom
      ? (['custom_tool_call', 'custom_tool_call_input', 'input'] as const)
      : (['function_call', 'function_call_arguments', 'arguments'] as const);
    const item = { id, type, call_id: `call_${index}`, name: `tool_${index}` };
    const where = place(one.naming, id, index);
    const inner = partEvents(
      one,
      (delta) => ({ type: `response.${event}.delta`, ...where, delta }),
      (text) => ({ type: `response.${event}.done`, ...where, [field]: text }),
    );
    return [
      added(index, { ...item, [field]: '' }),
      ...inner,
      finished(index, { ...item, [field]: one.pieces.join('') }),
    ];
  });
  // All are announced in order; then they take turns.
  const events = queues.map((queue) => queue.shift() as EventJson);
  for (const turn of group.turns) events.push(...(queues[turn % queues.length]?.splice(0, 1) ?? []));
  return [...events, ...queues.flat()];
}

/** The order in which unfinished parts are told depends on the events; the answer does not where this order is fixed. */
function orderly(parts: { pieces: string[]; told: { deltas: boolean; done: boolean } }[]): string[] {
  const isEarly = (part: (typeof parts)[number]) => part.told.deltas || part.told.done;
  return [...parts.filter(isEarly), ...parts.filter((part) => !isEarly(part))].map((part) => part.pieces.join(''));
}

const writings: ((event: EventJson) => string)[] = [
  (event) => JSON.stringify(event),
  (event) => JSON.stringify(Object.fromEntries(Object.entries(event).reverse())),
  (event) => JSON.stringify(event, null, 1),
  // Every character beyond ASCII escaped, and a space after colons and commas between members.
  (event) =>
    `{${Object.entries(event)
      .map(([name, value]) => `"${name}": ${ascii(JSON.stringify(value))}`)
      .join(', ')}}`,
];
function ascii(json: string): string {
  return json.replace(/[\u007f-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

const scenario = fc.record({
  steps: fc.array(fc.oneof(message, reasoning, calls), { maxLength: 4 }),
  isIncomplete: fc.boolean(),
  writing: fc.constantFrom(...writings),
  declaresCustom: fc.boolean(),
});

test('S1 S2 S14: whatever the upstream says and however it writes it, the streamed answer, the whole answer and what was meant agree', () => {
  fc.assert(
    fc.property(scenario, ({ steps, isIncomplete, writing, declaresCustom }) => {
      const events: EventJson[] = [];
      const texts: string[] = [];
      const refusals: string[] = [];
      const thoughts: string[] = [];
      const toolCalls: unknown[] = [];
      const custom = new Set<string>();
      let index = 0;
      for (const step of steps) {
        if (step.kind === 'calls') {
          events.push(...callEvents(step, index));
          for (const one of step.calls) {
            const [id, name, payload] = [`call_${index}`, `tool_${index}`, one.pieces.join('')];
            if (declaresCustom && one.isCustom) {
              custom.add(name);
              toolCalls.push({ id, type: 'custom', custom: { name, input: payload } });
            } else toolCalls.push({ id, type: 'function', function: { name, arguments: payload } });
            index += 1;
          }
        } else if (step.kind === 'message') {
          events.push(...messageEvents(step, index));
          texts.push(...orderly(step.parts.filter((part) => !part.isRefusal)));
          refusals.push(...orderly(step.parts.filter((part) => part.isRefusal)));
          index += 1;
        } else {
          events.push(...reasoningEvents(step, index));
          thoughts.push(...orderly(step.parts));
          index += 1;
        }
      }
      const status = isIncomplete ? 'incomplete' : 'completed';
      events.push({ type: `response.${status}`, response: { status, output: [] } });

      const upstream: UpstreamEvent[] = events.map((event) => eventFromText(writing(event)));
      expect(answerTo(upstream, { customTools: custom })).toEqual({
        finish_reason: toolCalls.length > 0 ? 'tool_calls' : isIncomplete ? 'length' : 'stop',
        role: 'assistant',
        content: texts.length === 0 && (refusals.length > 0 || toolCalls.length > 0) ? null : texts.join(''),
        refusal: refusals.length > 0 ? refusals.join('') : null,
        ...(thoughts.length > 0 && { reasoning_content: thoughts.join('\n\n') }),
        ...(toolCalls.length > 0 && { tool_calls: toolCalls }),
      });
    }),
    { numRuns: 500 },
  );
});
