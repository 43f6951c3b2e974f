import { parseChatRequest } from '../../../../server/contract/chat.ts';
import { AppError } from '../../../../server/core/errors.ts';
import {
  type ChatContext,
  type ChatTranslation,
  chatToResponses,
} from '../../../../server/gateway/translate/chat-request.ts';

export const context: ChatContext = {
  model: { slug: 'gpt-6-sol', efforts: ['low', 'medium', 'high', 'xhigh', 'max'], defaultEffort: 'medium' },
  promptCacheKey: 'derived',
};

/** A request as it comes in from a client, translated. */
export function translate(fields: Record<string, unknown>, used: ChatContext = context): ChatTranslation {
  const body = { model: 'gpt-6-sol', messages: [{ role: 'user', content: 'Hi' }], ...fields };
  return chatToResponses(parseChatRequest(body), used);
}

export function translateMessages(...messages: unknown[]): Pick<ChatTranslation['body'], 'instructions' | 'input'> {
  const { instructions, input } = translate({ messages }).body;
  return instructions === undefined ? { input } : { instructions, input };
}

/** The status, code and parameter of the refusal of a request. */
export function refusalOf(fields: Record<string, unknown>): {
  status: number;
  code: string;
  param: string | undefined;
} {
  try {
    translate(fields);
  } catch (error) {
    if (error instanceof AppError) return { status: error.status, code: error.code, param: error.details.param };
    throw error;
  }
  throw new Error('The request was accepted.');
}

export const user = (text: string) => ({ type: 'message', role: 'user', content: [{ type: 'input_text', text }] });
export const developer = (text: string) => ({ ...user(text), role: 'developer' });
export const assistant = (text: string) => ({
  type: 'message',
  role: 'assistant',
  content: [{ type: 'output_text', text }],
});
