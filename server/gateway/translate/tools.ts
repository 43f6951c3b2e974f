import type { ChatFunctionDefinition, ChatTool, ChatToolReference, ChatWebSearch } from '../../contract/chat-tools.ts';
import type { ChatRequest } from '../../contract/chat.ts';
import type { ResponsesTool, ResponsesToolChoice } from '../../contract/responses-body.ts';
import { AppError } from '../../core/errors.ts';
import { parametersSchema } from './json-schema.ts';
import type { ToolNames } from './tool-names.ts';

/** The names of the tools a request declares, `functions` included, in the client's spelling and order. */
export function declaredNames(request: ChatRequest): string[] {
  const tools = (request.tools ?? []).flatMap((tool) => nameOf(tool) ?? []);
  return [...tools, ...(request.functions ?? []).map((definition) => definition.name)];
}

/** The names of the custom tools a request declares, in the client's spelling. */
export function customToolNames(request: ChatRequest): ReadonlySet<string> {
  return new Set((request.tools ?? []).flatMap((tool) => (tool.type === 'custom' ? tool.custom.name : [])));
}

/** The tools of a request in the flat shape; legacy `functions` follow, and a web search appears at most once. */
export function toResponsesTools(request: ChatRequest, names: ToolNames): ResponsesTool[] {
  const tools = request.tools ?? [];
  const declared = tools.map((tool) => flatTool(tool, names));
  const functions = (request.functions ?? []).map((definition) => functionTool(definition, names));
  const search = searchOf(request);
  const searches = search && !tools.some(isWebSearch) ? [search] : [];
  return [...declared, ...functions, ...searches];
}

/**
 * The `tool_choice` to send beside `tools`, or undefined when there are none. Throws AppError 400 `invalid_request`
 * when the request insists on a tool it does not declare: no answer of the upstream could satisfy it.
 */
export function toResponsesToolChoice(
  request: ChatRequest,
  tools: readonly ResponsesTool[],
  names: ToolNames,
): ResponsesToolChoice | undefined {
  const choice = request.tool_choice ?? legacyChoice(request);
  const param = request.tool_choice == null ? 'function_call' : 'tool_choice';
  if (choice === 'auto' || choice === 'none') return tools.length > 0 ? choice : undefined;
  if (tools.length === 0) {
    throw new AppError('invalid_request', `'${param}' asks for a tool, but the request declares none.`, { param });
  }
  if (choice === 'required') return choice;
  const references = choice.type === 'allowed_tools' ? choice.allowed_tools.tools : [choice];
  const flat = references.map((reference) => flatReference(reference, names));
  const missing = flat.find(
    (reference) => !tools.some((tool) => tool.type === reference.type && tool['name'] === reference['name']),
  );
  if (missing) {
    const name = missing['name'] === undefined ? missing.type : names.toClient(String(missing['name']));
    throw new AppError('invalid_request', `'${param}' names the tool '${name}', which the request does not declare.`, {
      param,
    });
  }
  if (choice.type === 'allowed_tools') return { type: 'allowed_tools', mode: choice.allowed_tools.mode, tools: flat };
  return flat[0];
}

type ChoiceReference = { type: string; [field: string]: unknown };

function legacyChoice(request: ChatRequest): 'auto' | 'none' | { type: 'function'; function: { name: string } } {
  const choice = request.function_call ?? 'auto';
  return typeof choice === 'string' ? choice : { type: 'function', function: { name: choice.name } };
}

function flatReference(reference: ChatToolReference, names: ToolNames): ChoiceReference {
  const name = nameOf(reference);
  return name === undefined ? { type: 'web_search' } : { type: reference.type, name: names.toUpstream(name) };
}

function flatTool(tool: ChatTool, names: ToolNames): ResponsesTool {
  if (tool.type === 'function') return functionTool(tool.function, names);
  if (tool.type !== 'custom') return webSearch(tool);
  const { name, description, format } = tool.custom;
  return {
    type: 'custom',
    name: names.toUpstream(name),
    ...(description == null ? {} : { description }),
    ...(format == null ? {} : { format: format.type === 'text' ? format : { type: format.type, ...format.grammar } }),
  };
}

/** `strict` is always sent: when it is absent the Responses API means true, Chat Completions means false. */
function functionTool(definition: ChatFunctionDefinition, names: ToolNames): ResponsesTool {
  const strict = definition.strict ?? false;
  return {
    type: 'function',
    name: names.toUpstream(definition.name),
    ...(definition.description == null ? {} : { description: definition.description }),
    parameters: parametersSchema(definition.parameters, strict),
    strict,
  };
}

function searchOf({ web_search_options: options }: ChatRequest): ResponsesTool | undefined {
  if (options == null) return undefined;
  return webSearch({
    search_context_size: options.search_context_size,
    user_location: options.user_location?.approximate,
  });
}

function webSearch({ search_context_size: size, user_location: location }: ChatWebSearch): ResponsesTool {
  return {
    type: 'web_search',
    ...(size == null ? {} : { search_context_size: size }),
    ...(location == null ? {} : { user_location: { type: 'approximate', ...location } }),
  };
}

function isWebSearch(tool: ChatTool): boolean {
  return tool.type !== 'function' && tool.type !== 'custom';
}

function nameOf(tool: ChatTool | ChatToolReference): string | undefined {
  if (tool.type === 'function') return tool.function.name;
  return tool.type === 'custom' ? tool.custom.name : undefined;
}
