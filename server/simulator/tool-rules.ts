import { declaredTools } from './declared-tools.ts';
import { isObject, objectsOf, textOr } from './json.ts';
import { apiError, detail, type Rejection } from './rejection.ts';
import type { RequestRule, RuledRequest } from './rule.ts';

const toolTypes = ['function', 'custom', 'namespace', 'web_search', 'image_generation', 'tool_search'];

/** Hosted tools the backend does not offer to Codex (mcp, file_search, code_interpreter, …) are refused. */
export function toolTypesAreOffered({ body }: RuledRequest): Rejection | undefined {
  const refused = objectsOf(body['tools']).find((tool) => !toolTypes.includes(textOr(tool['type'], '')));
  return refused ? detail(`Unsupported tool type: ${textOr(refused['type'], 'None')}`) : undefined;
}

/** A function is declared flat, and its name has 64 characters of a small alphabet at most. */
export function toolNamesAreValid({ body }: RuledRequest): Rejection | undefined {
  for (const [index, tool] of objectsOf(body['tools']).entries()) {
    if (tool['type'] !== 'function' && tool['type'] !== 'custom') continue;
    const param = `tools[${index}].name`;
    const name = tool['name'];
    if (typeof name !== 'string')
      return apiError('missing_required_parameter', `Missing required parameter: '${param}'.`, param);
    if (name.length > 64) {
      const message = `Invalid '${param}': string too long. Expected a string with maximum length 64, but got a string with length ${name.length} instead.`;
      return apiError('string_above_max_length', message, param);
    }
    if (!/^[a-zA-Z0-9_-]+$/.test(name)) {
      const message = `Invalid '${param}': string does not match pattern. Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'.`;
      return apiError('invalid_value', message, param);
    }
  }
  return undefined;
}

/** A tool the request insists on must be declared. */
export function chosenToolIsDeclared({ body }: RuledRequest): Rejection | undefined {
  const choice = body['tool_choice'];
  if (!isObject(choice) || (choice['type'] !== 'function' && choice['type'] !== 'custom')) return undefined;
  const name = textOr(choice['name'], '');
  if (declaredTools(body).some((tool) => tool.name === name)) return undefined;
  return apiError('invalid_value', `Tool choice '${name}' not found in 'tools' parameter.`, 'tool_choice');
}

export const toolRules: readonly RequestRule[] = [toolTypesAreOffered, toolNamesAreValid, chosenToolIsDeclared];
