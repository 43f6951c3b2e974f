import { z } from 'zod';

/** The messages of a public Chat Completions request. Unknown keys are accepted and left out. */

const oneOf = (names: string) => (issue: { code?: string | undefined }) =>
  issue.code === 'invalid_union' ? `expected one of ${names}` : undefined;

const textPart = z.object({ type: z.literal('text'), text: z.string() });
const refusalPart = z.object({ type: z.literal('refusal'), refusal: z.string() });
const imagePart = z.object({
  type: z.literal('image_url'),
  image_url: z.object({ url: z.string().min(1), detail: z.enum(['auto', 'low', 'high', 'original']).nullish() }),
});
const filePart = z.object({
  type: z.literal('file'),
  file: z.object({
    file_data: z.string().min(1).nullish(),
    filename: z.string().nullish(),
    file_id: z.string().nullish(),
  }),
});
const audioPart = z.object({ type: z.literal('input_audio') });

const contentOf = <Part extends z.ZodType>(part: Part, min = 0) =>
  z.union([z.string(), z.array(part).min(min, 'expected at least one content part')], {
    error: 'expected a string or an array of content parts',
  });

const textContent = contentOf(z.discriminatedUnion('type', [textPart], { error: oneOf('"text"') }));
const userContent = contentOf(
  z.discriminatedUnion('type', [textPart, imagePart, filePart, audioPart], {
    error: oneOf('"text", "image_url", "file", "input_audio"'),
  }),
  1,
);
const assistantContent = contentOf(
  z.discriminatedUnion('type', [textPart, refusalPart], { error: oneOf('"text", "refusal"') }),
);
const toolContent = contentOf(
  z.discriminatedUnion('type', [textPart, imagePart, filePart], { error: oneOf('"text", "image_url", "file"') }),
);

/** Some clients keep the arguments parsed and send the object; it is written back as JSON. */
const callArguments = z.union([z.string(), z.record(z.string(), z.unknown())], {
  error: 'expected a string of JSON',
});
const functionCall = z.object({ name: z.string().min(1), arguments: callArguments });
const typedToolCall = z.discriminatedUnion(
  'type',
  [
    z.object({ type: z.literal('function'), id: z.string().min(1), function: functionCall }),
    z.object({
      type: z.literal('custom'),
      id: z.string().min(1),
      custom: z.object({ name: z.string().min(1), input: z.string() }),
    }),
  ],
  { error: oneOf('"function", "custom"') },
);
/** Some clients leave the type of a function call out. */
const toolCall = z.preprocess((call) => {
  const isUntyped = typeof call === 'object' && call !== null && !('type' in call) && 'function' in call;
  return isUntyped ? { ...call, type: 'function' } : call;
}, typedToolCall);

export const chatMessage = z.discriminatedUnion(
  'role',
  [
    z.object({ role: z.literal(['system', 'developer']), content: textContent }),
    z.object({ role: z.literal('user'), content: userContent }),
    z.object({
      role: z.literal('assistant'),
      content: assistantContent.nullish(),
      refusal: z.string().nullish(),
      tool_calls: z.array(toolCall).nullish(),
      function_call: functionCall.nullish(),
    }),
    z.object({ role: z.literal('tool'), tool_call_id: z.string().min(1), content: toolContent }),
    z.object({ role: z.literal('function'), name: z.string().min(1), content: z.string().nullable() }),
  ],
  { error: oneOf('"system", "developer", "user", "assistant", "tool", "function"') },
);

export type ChatMessage = z.output<typeof chatMessage>;
export type ChatMessageOf<Role extends ChatMessage['role']> = Extract<ChatMessage, { role: Role }>;
export type ChatContent = z.output<typeof userContent>;
export type ChatTextContent = z.output<typeof textContent>;
export type ChatToolContent = z.output<typeof toolContent>;
export type ChatToolCall = z.output<typeof toolCall>;
export type ChatFunctionCall = z.output<typeof functionCall>;
