import type { Usage } from '../../contract/usage.ts';
import type { FinishReason } from './finish-reason.ts';

/** A link from the text to its source, as Chat Completions shows it. Offsets are those of the upstream, in the part. */
export interface ChatAnnotation {
  type: 'url_citation';
  url_citation: { url: string; title: string; start_index: number; end_index: number };
}

export interface ChatCall {
  /** Counts the calls of the answer, from 0. */
  index: number;
  id: string;
  /** As the client declared it. */
  name: string;
  /** `custom` only for a tool the client declared as custom. */
  kind: 'function' | 'custom';
}

/**
 * What an answer says in terms of Chat Completions, piece by piece. Texts are raw (see raw-json.ts): still escaped as
 * the upstream sent them, ready to be put between two quotes.
 */
export interface ChatSink {
  text(raw: string): void;
  refusal(raw: string): void;
  reasoning(raw: string): void;
  toolCall(call: ChatCall): void;
  /** A piece of the arguments (custom tools: the input) of the call with this index, after its `toolCall`. */
  toolArguments(index: number, raw: string): void;
  annotation(annotation: ChatAnnotation): void;
  /** @param url a data URL */
  image(url: string): void;
  /** Once, and last. */
  finish(reason: FinishReason, usage: Usage, serviceTier: string | null): void;
}

/** How one request's answer is told to its client; the same for the streamed and the whole one. */
export interface ChatAnswerOptions {
  /** `chatcmpl-…` */
  id: string;
  /** Epoch seconds. */
  created: number;
  /** The model as the client asked for it. */
  model: string;
  /** The client's spelling of a tool name that the upstream used. */
  toClientName(name: string): string;
  /** Names of the custom tools the client declared, in its spelling. */
  customTools: ReadonlySet<string>;
  /** The client declared `functions`: it gets `function_call`, which has room for one call, instead of `tool_calls`. */
  legacyFunctions: boolean;
}
