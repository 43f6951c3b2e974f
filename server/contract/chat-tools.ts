import { z } from 'zod';

/** The tools of a public Chat Completions request. Unknown keys are accepted and left out. */

const jsonSchema = z.record(z.string(), z.unknown());
const name = z.string().min(1);

const userLocation = z.object({
  city: z.string().nullish(),
  country: z.string().nullish(),
  region: z.string().nullish(),
  timezone: z.string().nullish(),
});
const searchContextSize = z.enum(['low', 'medium', 'high']);

/** Every spelling of the one hosted search tool. */
const webSearchType = z.literal([
  'web_search',
  'web_search_preview',
  'web_search_preview_2025_03_11',
  'web_search_2025_08_26',
]);

const unknownTool = (issue: { code?: string | undefined }) =>
  issue.code === 'invalid_union' ? 'expected one of "function", "custom", "web_search"' : undefined;

export const functionDefinition = z.object({
  name,
  description: z.string().nullish(),
  parameters: jsonSchema.nullish(),
  strict: z.boolean().nullish(),
});

const functionTool = z.object({ type: z.literal('function'), function: functionDefinition });
const customTool = z.object({
  type: z.literal('custom'),
  custom: z.object({
    name,
    description: z.string().nullish(),
    format: z
      .discriminatedUnion('type', [
        z.object({ type: z.literal('text') }),
        z.object({
          type: z.literal('grammar'),
          grammar: z.object({ definition: z.string(), syntax: z.enum(['lark', 'regex']) }),
        }),
      ])
      .nullish(),
  }),
});
const webSearchTool = z.object({
  type: webSearchType,
  search_context_size: searchContextSize.nullish(),
  user_location: userLocation.nullish(),
});

export const chatTool = z.discriminatedUnion('type', [functionTool, customTool, webSearchTool], { error: unknownTool });

export const webSearchOptions = z.object({
  search_context_size: searchContextSize.nullish(),
  user_location: z.object({ approximate: userLocation }).nullish(),
});

const namedFunction = z.object({ type: z.literal('function'), function: z.object({ name }) });
const namedCustom = z.object({ type: z.literal('custom'), custom: z.object({ name }) });
const toolReference = z.discriminatedUnion('type', [namedFunction, namedCustom, z.object({ type: webSearchType })], {
  error: unknownTool,
});

export const chatToolChoice = z.union(
  [
    z.enum(['none', 'auto', 'required']),
    z.discriminatedUnion('type', [
      namedFunction,
      namedCustom,
      z.object({
        type: z.literal('allowed_tools'),
        allowed_tools: z.object({ mode: z.enum(['auto', 'required']), tools: z.array(toolReference).min(1) }),
      }),
    ]),
  ],
  { error: 'expected "none", "auto", "required" or an object of type "function", "custom" or "allowed_tools"' },
);

export type ChatTool = z.output<typeof chatTool>;
export type ChatFunctionDefinition = z.output<typeof functionDefinition>;
export type ChatToolChoice = z.output<typeof chatToolChoice>;
export type ChatToolReference = z.output<typeof toolReference>;
export type ChatWebSearch = Omit<z.output<typeof webSearchTool>, 'type'>;
