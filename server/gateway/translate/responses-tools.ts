import type { ResponsesInputTool, ResponsesRequest } from '../../contract/responses.ts';
import type { ResponsesTool, ResponsesToolChoice } from '../../contract/responses-body.ts';
import { AppError } from '../../core/errors.ts';
import { pick } from './input-parts.ts';
import { parametersSchema } from './json-schema.ts';
import { isRecord, recordOf, textOrNull } from './json-values.ts';

/** The fields of each kind of tool the upstream takes. A kind that is not here needs a service the upstream lacks. */
const fieldsByType: Record<string, readonly string[]> = {
  custom: ['type', 'name', 'description', 'format', 'defer_loading'],
  namespace: ['type', 'name', 'description', 'tools'],
  web_search: [
    'type',
    'search_context_size',
    'user_location',
    'filters',
    'external_web_access',
    'search_content_types',
  ],
  image_generation: [
    'type',
    'model',
    'action',
    'quality',
    'size',
    'background',
    'output_format',
    'output_compression',
    'partial_images',
    'moderation',
    'input_fidelity',
    'input_image_mask',
  ],
  tool_search: ['type', 'execution', 'description', 'parameters'],
};

/** The tools of an SDK as the upstream takes them. Throws AppError 400 naming `tools[i].type` for a foreign kind. */
export function acceptedTools(tools: readonly ResponsesInputTool[]): ResponsesTool[] {
  return tools.map((tool, index) => acceptedTool(tool, `tools[${index}]`));
}

function acceptedTool(tool: ResponsesInputTool, param: string): ResponsesTool {
  const type = upstreamType(tool.type);
  if (type === 'function') return functionTool(tool, param);
  const fields = fieldsByType[type];
  if (!fields) throw foreignType(`${param}.type`, tool.type);
  if (type === 'custom' || type === 'namespace') requireName(tool, param);
  const accepted = pick<ResponsesTool>({ ...tool, type }, fields);
  if (type !== 'namespace' || !Array.isArray(tool['tools'])) return accepted;
  const inner = tool['tools'].map((member: unknown, index) => {
    const memberParam = `${param}.tools[${index}]`;
    return acceptedTool({ ...recordOf(member), type: String(recordOf(member)['type']) }, memberParam);
  });
  return { ...accepted, tools: inner };
}

/** `strict` is always sent, false unless the client says otherwise: absent means true upstream. */
function functionTool(tool: ResponsesInputTool, param: string): ResponsesTool {
  requireName(tool, param);
  const strict = tool['strict'] === true;
  const schema = tool['parameters'];
  return {
    ...pick<ResponsesTool>(tool, ['type', 'name', 'description', 'defer_loading']),
    parameters: parametersSchema(isRecord(schema) ? schema : null, strict),
    strict,
  };
}

function requireName(tool: ResponsesInputTool, param: string): void {
  if (textOrNull(tool['name']) !== null) return;
  throw new AppError('invalid_request', `Missing required parameter: '${param}.name'.`, { param: `${param}.name` });
}

/** The tool choice as the upstream takes it; choices written in the nested way of Chat Completions are flattened. */
export function acceptedToolChoice(choice: NonNullable<ResponsesRequest['tool_choice']>): ResponsesToolChoice {
  if (typeof choice === 'string') return choice;
  if (choice.type !== 'allowed_tools') return reference(choice, 'tool_choice');
  const tools = Array.isArray(choice['tools']) ? choice['tools'] : [];
  return {
    type: 'allowed_tools',
    mode: choice['mode'] ?? 'auto',
    tools: tools.map((tool: unknown, index) =>
      reference({ ...recordOf(tool), type: String(recordOf(tool)['type']) }, `tool_choice.tools[${index}]`),
    ),
  };
}

function reference(
  choice: { type: string; [field: string]: unknown },
  param: string,
): { type: string; name?: unknown } {
  const type = upstreamType(choice.type);
  if (type === 'function' || type === 'custom') {
    const name = textOrNull(choice['name']) ?? textOrNull(recordOf(choice[type])['name']);
    if (name !== null) return { type, name };
    throw new AppError('invalid_request', `Missing required parameter: '${param}.name'.`, { param: `${param}.name` });
  }
  if (type === 'web_search' || type === 'image_generation') return { type };
  throw foreignType(`${param}.type`, choice.type);
}

/** `web_search_preview` and the dated versions of both are the upstream's `web_search`. */
function upstreamType(type: string): string {
  return /^web_search(_preview)?(_\d{4}_\d{2}_\d{2})?$/.test(type) ? 'web_search' : type;
}

function foreignType(param: string, type: string): AppError {
  const known = ['function', ...Object.keys(fieldsByType)].join(', ');
  return new AppError(
    'unsupported_value',
    `Unsupported value for '${param}': '${type}'. The upstream takes ${known}.`,
    { param },
  );
}
