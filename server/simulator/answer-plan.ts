import { declaredTools, type DeclaredTool } from './declared-tools.ts';
import { contentText, type Directives, type ToolDirective } from './directives.ts';
import { isObject, type JsonObject, objectsOf, textOr } from './json.ts';
import { valueForSchema } from './schema-value.ts';

/** One item of an answer, before it is spread over events. */
export type PlannedItem =
  | { kind: 'message'; deltas: readonly string[] }
  /** A message of `count` numbered words, which is served from prebuilt bytes. */
  | { kind: 'numbered-message'; count: number }
  /** A message of `bytes` filler characters, which is made while it is sent. */
  | { kind: 'flood'; bytes: number }
  | { kind: 'reasoning'; summary: readonly string[] }
  | { kind: 'function-call'; name: string; namespace: string | undefined; arguments: string }
  | { kind: 'custom-call'; name: string; namespace: string | undefined; input: string }
  | { kind: 'compaction' };

/**
 * What the simulated model answers. In order of precedence: a compaction trigger makes a compaction item; a tool
 * output is quoted (so that tool loops end); directives are obeyed; a demanded tool is called; a demanded JSON
 * format is filled; else a short greeting that names the model.
 */
export function planAnswer(body: JsonObject, directives: Directives): PlannedItem[] {
  const last = objectsOf(body['input']).at(-1);
  if (last?.['type'] === 'compaction_trigger') return [{ kind: 'compaction' }];
  const reasoning: PlannedItem[] = directives.reasoning ? [planReasoning(body)] : [];
  return [...reasoning, ...planOutput(body, directives, last)];
}

function planOutput(body: JsonObject, directives: Directives, last: JsonObject | undefined): PlannedItem[] {
  if (textOr(last?.['type'], '').endsWith('_call_output')) return [message(quoteOutputs(body))];
  if (directives.tools.length > 0) return planCalls(body, directives.tools);
  if (directives.floodBytes !== undefined) return [{ kind: 'flood', bytes: directives.floodBytes }];
  if (directives.deltas !== undefined) return [{ kind: 'numbered-message', count: directives.deltas }];
  const demanded = demandedTool(body);
  if (demanded) return [callOf(demanded, '')];
  return [message(jsonText(body) ?? greeting(textOr(body['model'], 'an unnamed model')))];
}

function greeting(model: string): string {
  return `Hello from the simulated backend, speaking as ${model}.`;
}

/** A text in deltas of one word each. */
function message(text: string): PlannedItem {
  return { kind: 'message', deltas: text.match(/\s*\S+\s*$|\s*\S+/g) ?? [text] };
}

/** Thinking is summarised only for those who ask. */
function planReasoning(body: JsonObject): PlannedItem {
  const asked = isObject(body['reasoning']) && typeof body['reasoning']['summary'] === 'string';
  return { kind: 'reasoning', summary: asked ? ['**Thinking**', ' about', ' the', ' simulated', ' answer'] : [] };
}

/** The tool outputs since the last thing the model said, quoted. */
function quoteOutputs(body: JsonObject): string {
  const items = objectsOf(body['input']);
  const start = items.findLastIndex((item) => !textOr(item['type'], '').endsWith('_call_output')) + 1;
  const quotes = items.slice(start).map((item) => contentText(item['output']));
  return quotes.map((quote) => `The tool answered: ${quote}`).join('\n');
}

function planCalls(body: JsonObject, wanted: readonly ToolDirective[]): PlannedItem[] {
  const declared = declaredTools(body);
  return wanted.map((directive) => {
    const tool = declared.find((candidate) => candidate.name === directive.name);
    return tool ? callOf(tool, directive.input) : message(`The tool ${directive.name} was not declared.`);
  });
}

/** A call with the given input; without one, a function gets arguments that satisfy its schema. */
function callOf(tool: DeclaredTool, input: string): PlannedItem {
  const { name, namespace } = tool;
  if (tool.kind === 'custom') return { kind: 'custom-call', name, namespace, input };
  return {
    kind: 'function-call',
    name,
    namespace,
    arguments: input || JSON.stringify(valueForSchema(tool.parameters ?? {}) ?? {}),
  };
}

/** The tool that `tool_choice` insists on: the named one, or the first when any will do. */
function demandedTool(body: JsonObject): DeclaredTool | undefined {
  const choice = body['tool_choice'];
  if (choice === 'required') return declaredTools(body)[0];
  return isObject(choice) ? declaredTools(body).find((tool) => tool.name === choice['name']) : undefined;
}

/** The JSON text a demanded output format calls for, or undefined for plain text. */
function jsonText(body: JsonObject): string | undefined {
  const format = isObject(body['text']) ? body['text']['format'] : undefined;
  if (!isObject(format)) return undefined;
  if (format['type'] === 'json_schema') return JSON.stringify(valueForSchema(format['schema']), null, 1);
  return format['type'] === 'json_object' ? '{ "answer": "simulated" }' : undefined;
}
