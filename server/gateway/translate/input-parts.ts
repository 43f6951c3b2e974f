import { AppError } from '../../core/errors.ts';
import { isRecord } from './json-values.ts';

export type InputPart = { type: string; [field: string]: unknown };

/** Content of a message or of a tool's output as parts; a text becomes one part. `param` names the field in errors. */
export function partsOf(content: unknown, textType: 'input_text' | 'output_text', param: string): InputPart[] {
  if (content == null) return [];
  if (typeof content === 'string') return [{ type: textType, text: content }];
  if (!Array.isArray(content)) {
    throw new AppError('invalid_request', `Invalid value for '${param}': expected a string or an array of parts.`, {
      param,
    });
  }
  return content.map((part: unknown, index) => partOf(part, textType, `${param}[${index}]`));
}

/** Only the named fields are copied: annotations, log probabilities and cache marks are refused upstream. */
function partOf(part: unknown, textType: 'input_text' | 'output_text', param: string): InputPart {
  if (!isRecord(part))
    throw new AppError('invalid_request', `Invalid value for '${param}': expected an object.`, { param });
  switch (part['type']) {
    case 'input_text':
    case 'output_text':
    case 'text':
      return { type: textType, text: String(part['text'] ?? '') };
    case 'refusal':
      return { type: 'refusal', refusal: String(part['refusal'] ?? '') };
    case 'input_image':
      refuseFileId(part, param);
      return pick(part, ['type', 'image_url', 'detail']);
    case 'input_file':
      refuseFileId(part, param);
      return pick(part, ['type', 'file_data', 'filename', 'file_url']);
    default: {
      const message = `Unsupported value for '${param}.type': '${String(part['type'])}'. This gateway takes input_text, input_image and input_file.`;
      throw new AppError('unsupported_value', message, { param: `${param}.type` });
    }
  }
}

function refuseFileId(part: Record<string, unknown>, param: string): void {
  if (part['file_id'] == null) return;
  const message = `Unsupported parameter: '${param}.file_id'. The upstream has no uploaded files; send the content itself.`;
  throw new AppError('unsupported_parameter', message, { param: `${param}.file_id` });
}

/** The named fields of `source` that hold something. */
export function pick<T extends { type: string }>(source: Record<string, unknown>, fields: readonly string[]): T {
  return Object.fromEntries(
    fields.filter((field) => source[field] != null).map((field) => [field, source[field]]),
  ) as T;
}
