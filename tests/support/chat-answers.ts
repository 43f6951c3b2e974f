import { expect } from 'bun:test';
import { createChatWriter, type ChatWriterOptions } from '../../server/gateway/translate/chat-chunks.ts';
import { createChatCollector } from '../../server/gateway/translate/chat-collect.ts';
import type { UpstreamEvent } from '../../server/gateway/upstream-event.ts';
import { foldChat } from './fold-chat.ts';

/** What a test may say about its client. */
export type ChatTestOptions = Partial<ChatWriterOptions>;

export const chatOptions: ChatWriterOptions = {
  id: 'chatcmpl-test',
  created: 1_790_000_001,
  model: 'gpt-asked',
  toClientName: (name) => name,
  customTools: new Set(),
  legacyFunctions: false,
  includeUsage: true,
};

/** What a streaming client gets for these events, as a byte string. */
export function streamed(events: readonly UpstreamEvent[], options: ChatTestOptions = {}): string {
  const writer = createChatWriter({ ...chatOptions, ...options });
  return events.map((event) => writer.write(event)).join('') + writer.end();
}

/** The whole answer of these events. */
export function collected(events: readonly UpstreamEvent[], options: ChatTestOptions = {}) {
  const collector = createChatCollector({ ...chatOptions, ...options });
  for (const event of events) collector.add(event);
  return collector.result();
}

/** `{ finish_reason, ...message }` of these events, after checking that the streamed answer says the same. */
export function answerTo(events: readonly UpstreamEvent[], options: ChatTestOptions = {}): Record<string, unknown> {
  const whole = collected(events, options);
  expect(foldChat(streamed(events, options))).toEqual(whole);
  const [choice] = whole['choices'] as { message: Record<string, unknown>; finish_reason: string }[];
  return { finish_reason: choice?.finish_reason, ...choice?.message };
}
