import { catalogueEntry, isAtLeast } from './catalogue.ts';
import { inputRules } from './input-rules.ts';
import { isObject, objectsOf, textOr } from './json.ts';
import { apiError, detail, type Rejection } from './rejection.ts';
import type { RequestRule, RuledRequest } from './rule.ts';
import { toolRules } from './tool-rules.ts';

const knownFields = new Set([
  'model',
  'instructions',
  'input',
  'tools',
  'tool_choice',
  'parallel_tool_calls',
  'reasoning',
  'store',
  'stream',
  'include',
  'service_tier',
  'prompt_cache_key',
  'text',
  'client_metadata',
]);

/** The backend takes what its own client sends and nothing else. */
export function onlyKnownFields({ body }: RuledRequest): Rejection | undefined {
  const unknown = Object.keys(body).find((field) => !knownFields.has(field));
  return unknown === undefined ? undefined : detail(`Unsupported parameter: ${unknown}`);
}

export function storeIsFalse({ body }: RuledRequest): Rejection | undefined {
  return body['store'] === false ? undefined : detail('Store must be set to false');
}

export function streamIsTrue({ body }: RuledRequest): Rejection | undefined {
  return body['stream'] === true ? undefined : detail('Stream must be set to true');
}

export function inputIsArray({ body }: RuledRequest): Rejection | undefined {
  return Array.isArray(body['input']) ? undefined : detail('Input must be a list');
}

export function modelIsServed({ body, models }: RuledRequest): Rejection | undefined {
  const model = body['model'];
  if (typeof model === 'string' && models.includes(model)) return undefined;
  return detail(`The '${textOr(model, 'None')}' model is not supported when using Codex with a ChatGPT account.`);
}

export function versionIsRecent({ body, clientVersion }: RuledRequest): Rejection | undefined {
  const model = textOr(body['model'], '');
  if (clientVersion === undefined || isAtLeast(clientVersion, catalogueEntry(model).minimal_client_version))
    return undefined;
  return detail(
    `The '${model}' model requires a newer version of Codex. Please upgrade to the latest app or CLI and try again.`,
  );
}

/** The standard dialect needs instructions; a developer message in the input counts, as in Codex's own requests. */
export function instructionsAreGiven({ body, isLite }: RuledRequest): Rejection | undefined {
  if (isLite || textOr(body['instructions'], '') !== '') return undefined;
  const hasDeveloper = objectsOf(body['input']).some((item) => item['role'] === 'developer');
  return hasDeveloper ? undefined : detail('Instructions are required');
}

/** The Lite dialect carries tools and instructions inside the input and always names the reasoning context. */
export function liteBodyIsComplete({ body, isLite }: RuledRequest): Rejection | undefined {
  if (!isLite) return undefined;
  for (const field of ['tools', 'instructions']) {
    if (field in body)
      return apiError('unsupported_value', `Unsupported value: '${field}' is not supported with this model.`, field);
  }
  if (isObject(body['reasoning']) && body['reasoning']['context'] === 'all_turns') return undefined;
  return apiError(
    'unsupported_value',
    "Unsupported value: 'reasoning.context' must be 'all_turns' with this model.",
    'reasoning.context',
  );
}

const efforts = ['none', 'low', 'medium', 'high', 'xhigh', 'max'];

export function effortIsKnown({ body }: RuledRequest): Rejection | undefined {
  const effort = isObject(body['reasoning']) ? body['reasoning']['effort'] : undefined;
  if (effort == null || efforts.includes(textOr(effort, ''))) return undefined;
  return apiError(
    'unsupported_value',
    `Unsupported value: '${String(effort)}' is not supported with this model. Supported values are: ${efforts.map((name) => `'${name}'`).join(', ')}.`,
    'reasoning.effort',
  );
}

export function serviceTierIsOffered({ body }: RuledRequest): Rejection | undefined {
  const tier = body['service_tier'];
  if (tier == null || tier === 'priority' || tier === 'flex') return undefined;
  return detail(`Unsupported service_tier: ${String(tier)}`);
}

/** JSON mode wants the word "json" in the input, and a schema wants a proper name. */
export function textFormatIsValid({ body }: RuledRequest): Rejection | undefined {
  const format = isObject(body['text']) ? body['text']['format'] : undefined;
  if (!isObject(format)) return undefined;
  if (format['type'] === 'json_object' && !/json/i.test(JSON.stringify(body['input']))) {
    return apiError(
      null,
      "Response input messages must contain the word 'json' in some form to use 'text.format' of type 'json_object'.",
      'input',
    );
  }
  if (format['type'] !== 'json_schema') return undefined;
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(textOr(format['name'], ''))) {
    return apiError(
      'missing_required_parameter',
      "Missing required parameter: 'text.format.name'.",
      'text.format.name',
    );
  }
  if (isObject(format['schema'])) return undefined;
  return apiError(
    'missing_required_parameter',
    "Missing required parameter: 'text.format.schema'.",
    'text.format.schema',
  );
}

/** All rules, in the order the backend applies them: its front first, the model service after. */
export const requestRules: readonly RequestRule[] = [
  onlyKnownFields,
  storeIsFalse,
  streamIsTrue,
  inputIsArray,
  modelIsServed,
  versionIsRecent,
  instructionsAreGiven,
  serviceTierIsOffered,
  liteBodyIsComplete,
  effortIsKnown,
  textFormatIsValid,
  ...toolRules,
  ...inputRules,
];

/** The first complaint about a request, or undefined when the backend would serve it. */
export function rejectionOf(
  request: RuledRequest,
  rules: readonly RequestRule[] = requestRules,
): Rejection | undefined {
  for (const rule of rules) {
    const rejection = rule(request);
    if (rejection) return rejection;
  }
  return undefined;
}

const compactFields = new Set([
  'model',
  'instructions',
  'input',
  'parallel_tool_calls',
  'reasoning',
  'service_tier',
  'prompt_cache_key',
]);

function onlyCompactFields({ body }: RuledRequest): Rejection | undefined {
  const unknown = Object.keys(body).find((field) => !compactFields.has(field));
  return unknown === undefined ? undefined : detail(`Unsupported parameter: ${unknown}`);
}

/** The rules of /responses/compact: a narrower list of fields, no stream. */
export const compactRules: readonly RequestRule[] = [onlyCompactFields, inputIsArray, modelIsServed, ...inputRules];
