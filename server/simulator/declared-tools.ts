import { type JsonObject, objectsOf, textOr } from './json.ts';

/** A client tool the model may call. */
export interface DeclaredTool {
  name: string;
  kind: 'function' | 'custom';
  /** Name of the namespace the tool was declared in, which its calls repeat. */
  namespace: string | undefined;
  /** JSON schema of a function's arguments. */
  parameters: unknown;
}

/** Every function and custom tool of a request: top-level, in namespaces, and in the Lite dialect's input items. */
export function declaredTools(body: JsonObject): DeclaredTool[] {
  const additional = objectsOf(body['input']).filter((item) => item['type'] === 'additional_tools');
  return [...objectsOf(body['tools']), ...additional.flatMap((item) => objectsOf(item['tools']))].flatMap((tool) =>
    tool['type'] === 'namespace'
      ? objectsOf(tool['tools']).flatMap((inner) => asDeclared(inner, textOr(tool['name'], '')))
      : asDeclared(tool, undefined),
  );
}

function asDeclared(tool: JsonObject, namespace: string | undefined): DeclaredTool[] {
  const kind = tool['type'];
  if (kind !== 'function' && kind !== 'custom') return [];
  return [{ name: textOr(tool['name'], ''), kind, namespace, parameters: tool['parameters'] }];
}
