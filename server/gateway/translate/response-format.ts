import type { ChatRequest } from '../../contract/chat.ts';
import type { ResponsesText } from '../../contract/responses-body.ts';
import { cleanSchema } from './json-schema.ts';

type ResponseFormat = NonNullable<ChatRequest['response_format']>;

/** The `text` of an upstream body, or undefined when the request asks for nothing in particular. */
export function textOptions(request: ChatRequest): ResponsesText | undefined {
  const { response_format: format, verbosity } = request;
  if (format == null && verbosity == null) return undefined;
  return {
    ...(format == null ? {} : { format: textFormat(format) }),
    ...(verbosity == null ? {} : { verbosity }),
  };
}

function textFormat(format: ResponseFormat): NonNullable<ResponsesText['format']> {
  if (format.type !== 'json_schema') return { type: format.type };
  const { name, description, schema, strict } = format.json_schema;
  return {
    type: 'json_schema',
    name: formatName(name),
    ...(description == null ? {} : { description }),
    schema: cleanSchema(schema ?? { type: 'object' }),
    ...(strict == null ? {} : { strict }),
  };
}

/** The upstream takes `[A-Za-z0-9_-]{1,64}`; the name is only a hint for the model, so it need not be restored. */
function formatName(name: string | null | undefined): string {
  return (name ?? '').replace(/[^A-Za-z0-9_-]/g, '_').slice(0, 64) || 'response';
}
