import type { ResponsesBody, ResponsesItem, ResponsesTool } from '../../contract/responses-body.ts';
import { withoutImageDetail } from './input-items.ts';
import { defaultInstructions } from './instructions.ts';
import { isRecord } from './json-values.ts';

/**
 * The upstream takes two dialects. In *Lite* there are no `instructions` and no `tools` fields: both ride inside the
 * input, as an `additional_tools` item and a developer message; calls are not parallel, and {@link liteHeader} marks
 * the request. The header must only ever go with a full Lite body: mixtures are refused.
 */
export type Dialect = 'standard' | 'lite';

export const liteHeader = { name: 'x-openai-internal-codex-responses-lite', value: 'true' } as const;

/** Client-run tools only: hosted ones (web search, image generation) are not offered in Lite. */
const liteToolTypes = new Set(['function', 'custom', 'namespace']);

/** The same request in Lite. A body that already is Lite comes back equal. */
export function toLite(body: ResponsesBody): ResponsesBody {
  const { instructions, tools, ...rest } = body;
  const [first, ...others] = body.input;
  const given = first?.type === 'additional_tools' ? first : undefined;
  const offered = (tools ?? []).filter((tool) => liteToolTypes.has(tool.type));
  return {
    ...rest,
    input: [
      ...toolsItem(given, offered),
      ...(instructions === undefined ? [] : [developerMessage(instructions)]),
      ...withoutImageDetail(given ? others : body.input),
    ],
    tool_choice: 'auto',
    parallel_tool_calls: false,
    reasoning: { ...body.reasoning, context: 'all_turns' },
  };
}

function toolsItem(given: ResponsesItem | undefined, offered: readonly ResponsesTool[]): ResponsesItem[] {
  if (offered.length === 0) return given ? [given] : [];
  const tools = [...(Array.isArray(given?.['tools']) ? given['tools'] : []), ...offered];
  return [{ type: 'additional_tools', role: 'developer', ...given, tools }];
}

function developerMessage(text: string): ResponsesItem {
  return { type: 'message', role: 'developer', content: [{ type: 'input_text', text }] };
}

/**
 * The same request in the standard dialect. Tools of the namespace `functions` become plain tools, as the standard
 * dialect has them; the first developer message becomes the instructions when there are none.
 */
export function toStandard(body: ResponsesBody): ResponsesBody {
  const tools = [
    ...body.input.filter((item) => item.type === 'additional_tools').flatMap(plainTools),
    ...(body.tools ?? []),
  ];
  const items = body.input.filter((item) => item.type !== 'additional_tools').map(withoutFunctionsNamespace);
  const lifted = body.instructions === undefined ? leadingText(items) : undefined;
  const { context: _, ...reasoning } = body.reasoning ?? {};
  const { reasoning: __, tools: ___, ...rest } = body;
  return {
    ...rest,
    instructions: body.instructions ?? lifted ?? defaultInstructions,
    input: lifted === undefined ? items : items.slice(1),
    ...(tools.length === 0 ? {} : { tools }),
    ...(Object.keys(reasoning).length === 0 ? {} : { reasoning }),
  };
}

const functionsNamespace = 'functions';

function plainTools(item: ResponsesItem): ResponsesTool[] {
  const tools = (Array.isArray(item['tools']) ? item['tools'] : []) as ResponsesTool[];
  return tools.flatMap((tool) =>
    tool.type === 'namespace' && tool['name'] === functionsNamespace && Array.isArray(tool['tools'])
      ? tool['tools']
      : [tool],
  );
}

function withoutFunctionsNamespace(item: ResponsesItem): ResponsesItem {
  if (item['namespace'] !== functionsNamespace) return item;
  const { namespace: _, ...rest } = item;
  return { ...rest, type: item.type };
}

/** The text of the first item when that is a developer message of text alone. */
function leadingText(items: readonly ResponsesItem[]): string | undefined {
  const first = items[0];
  if (first?.type !== 'message' || first['role'] !== 'developer' || !Array.isArray(first['content'])) return undefined;
  const texts = first['content'].map((part: unknown) => (isRecord(part) ? part['text'] : undefined));
  return texts.every((text) => typeof text === 'string') && texts.length > 0 ? texts.join('\n\n') : undefined;
}
