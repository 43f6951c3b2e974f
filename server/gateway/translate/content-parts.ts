import type { ChatContent, ChatMessageOf, ChatTextContent, ChatToolContent } from '../../contract/chat-messages.ts';
import { AppError } from '../../core/errors.ts';

/** A content part of an input item. */
export type InputPart = { type: string; [field: string]: unknown };

type ContentPart = Exclude<ChatContent | ChatToolContent, string>[number];

/** The text of a system or developer message; several parts are lines of one text. */
export function textOfContent(content: ChatTextContent): string {
  return typeof content === 'string' ? content : content.map((part) => part.text).join('\n');
}

/**
 * The parts of a user message or a tool result. `param` is where the content stands in the request; it names the part
 * in the AppError 400 for what the upstream has no way to take: audio and files that only OpenAI's file store knows.
 */
export function inputParts(content: ChatContent | ChatToolContent, param: string): InputPart[] {
  if (typeof content === 'string') return [inputText(content)];
  return content.map((part, index) => inputPart(part, `${param}[${index}]`));
}

/** The parts of an assistant message, without the empty ones; a refusal may stand in the content or beside it. */
export function outputParts({ content, refusal }: ChatMessageOf<'assistant'>): InputPart[] {
  const parts = typeof content === 'string' ? [{ type: 'text' as const, text: content }] : (content ?? []);
  const said = parts.map((part) =>
    part.type === 'text' ? { type: 'output_text', text: part.text } : { type: 'refusal', refusal: part.refusal },
  );
  const refused = said.some((part) => part.type === 'refusal') ? [] : [{ type: 'refusal', refusal: refusal ?? '' }];
  return [...said, ...refused].filter((part) => ('text' in part ? part.text : part.refusal) !== '');
}

export function inputText(text: string): InputPart {
  return { type: 'input_text', text };
}

function inputPart(part: ContentPart, param: string): InputPart {
  if (part.type === 'text') return inputText(part.text);
  if (part.type === 'image_url') {
    const { url, detail } = part.image_url;
    return { type: 'input_image', image_url: url, ...(detail == null ? {} : { detail }) };
  }
  if (part.type === 'input_audio') {
    throw new AppError('unsupported_value', `'${param}' is audio, which this gateway cannot send.`, { param });
  }
  const { file_data: data, file_id: id, filename } = part.file;
  if (id != null) {
    const field = `${param}.file.file_id`;
    throw new AppError('unsupported_parameter', `'${field}' names a stored file; send its content as 'file_data'.`, {
      param: field,
    });
  }
  if (data == null) {
    const field = `${param}.file.file_data`;
    throw new AppError('invalid_request', `Missing required parameter: '${field}'.`, { param: field });
  }
  return { type: 'input_file', file_data: data, ...(filename == null ? {} : { filename }) };
}
