import type { ChatRequest } from '../../contract/chat.ts';
import type { ResponsesReasoning } from '../../contract/responses-body.ts';
import { AppError } from '../../core/errors.ts';

/** What a model says of reasoning efforts. */
export interface ModelEfforts {
  /** The efforts the model takes; empty when nothing is known. */
  efforts: readonly string[];
  defaultEffort?: string;
  /** From an alias such as `gpt-5.5-high`; an effort in the request wins over it. */
  effort?: string;
}

/** The efforts the wire knows, from least to most. */
const ladder = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'];

/**
 * The `reasoning` of an upstream body. The effort is the request's, else the alias's, else the model's default. A
 * summary is asked for unless the client declines it (`"none"`): without it clients cannot show any thinking. Throws
 * AppError 400 `unsupported_value` for an effort nobody knows.
 */
export function reasoningOf(request: ChatRequest, model: ModelEfforts): ResponsesReasoning {
  const asked = request.reasoning_effort ?? request.reasoning?.effort;
  if (asked != null && !ladder.includes(asked) && asked !== 'ultra' && !model.efforts.includes(asked)) {
    const param = request.reasoning_effort == null ? 'reasoning.effort' : 'reasoning_effort';
    const known = [...ladder, 'ultra'].map((effort) => `'${effort}'`).join(', ');
    throw new AppError('unsupported_value', `Invalid value for '${param}': expected one of ${known}.`, { param });
  }
  const effort = asked ?? model.effort ?? model.defaultEffort;
  const summary = request.reasoning?.summary ?? request.reasoning_summary ?? 'auto';
  return {
    ...(effort === undefined ? {} : { effort: wireEffort(effort, model.efforts) }),
    ...(summary === 'none' ? {} : { summary }),
  };
}

/**
 * The effort to send for `effort` to a model that takes `efforts`: `none` is for every model, `minimal` is `low`
 * nowadays, `ultra` is a word of clients for the model's `max` or `xhigh` and never goes on the wire. What the model
 * does not take becomes the nearest lower effort it takes, else its lowest.
 */
export function wireEffort(effort: string, efforts: readonly string[]): string {
  if (effort === 'none') return effort;
  const wanted = effort === 'minimal' ? 'low' : effort === 'ultra' ? strongest(efforts) : effort;
  if (efforts.length === 0 || efforts.includes(wanted)) return wanted;
  const taken = ladder.filter((step) => efforts.includes(step));
  const lower = taken.filter((step) => ladder.indexOf(step) < ladder.indexOf(wanted));
  return lower.at(-1) ?? taken[0] ?? wanted;
}

function strongest(efforts: readonly string[]): string {
  return efforts.includes('max') ? 'max' : 'xhigh';
}
