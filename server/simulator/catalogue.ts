import { createHash } from 'node:crypto';

/** One entry of the backend's model list, in its own field names. */
export type CatalogueEntry = Readonly<Record<string, unknown>> & {
  readonly slug: string;
  readonly minimal_client_version: string;
};

interface Facts {
  context: number;
  maximalContext: number;
  defaultEffort: string;
  lite: boolean;
  hidden: boolean;
  maximalEffort: 'xhigh' | 'max' | 'ultra';
}

const effortTexts: readonly (readonly [effort: string, description: string])[] = [
  ['low', 'Fast responses with lighter reasoning'],
  ['medium', 'Balances speed and reasoning depth for everyday tasks'],
  ['high', 'Greater reasoning depth for complex problems'],
  ['xhigh', 'Extra high reasoning depth for complex problems'],
  ['max', 'Maximum reasoning depth for the hardest problems'],
  ['ultra', 'Maximum reasoning with automatic task delegation'],
];

const usual: Facts = {
  context: 272_000,
  maximalContext: 872_000,
  defaultEffort: 'low',
  lite: true,
  hidden: false,
  maximalEffort: 'ultra',
};

/** What the accounts list by default: the catalogue of Codex 0.169, in its order. */
const known: Readonly<Record<string, Facts>> = {
  'gpt-6.1-sol': usual,
  'gpt-6-astra': usual,
  'gpt-6.1-terra': { ...usual, context: 500_000 },
  'gpt-6-sol': { ...usual, defaultEffort: 'medium' },
  'gpt-6-luna': { ...usual, defaultEffort: 'medium', maximalEffort: 'max' },
  'gpt-5.6-sol': usual,
  'gpt-5.6-terra': { ...usual, defaultEffort: 'medium' },
  'gpt-5.6-luna': { ...usual, defaultEffort: 'medium', maximalEffort: 'max' },
  'gpt-5.5': { ...usual, defaultEffort: 'medium', maximalContext: 272_000, lite: false, maximalEffort: 'xhigh' },
  'gpt-daybreak-blue-latest': { ...usual, hidden: true },
  'gpt-daybreak-red-latest': {
    ...usual,
    context: 372_000,
    maximalContext: 372_000,
    defaultEffort: 'medium',
    hidden: true,
  },
  'codex-auto-review': { ...usual, defaultEffort: 'medium', maximalEffort: 'max', hidden: true },
};

export const defaultSlugs: readonly string[] = Object.keys(known);

/** The entry of a slug; a slug that is not in the catalogue gets the usual values. */
export function catalogueEntry(slug: string): CatalogueEntry {
  const facts = known[slug] ?? usual;
  const position = defaultSlugs.indexOf(slug);
  const efforts = effortTexts.slice(0, effortTexts.findIndex(([effort]) => effort === facts.maximalEffort) + 1);
  return {
    slug,
    display_name: slug.replace(/^gpt/, 'GPT'),
    description: `The simulated ${slug}.`,
    default_reasoning_level: facts.defaultEffort,
    supported_reasoning_levels: efforts.map(([effort, description]) => ({ effort, description })),
    shell_type: 'unified_exec',
    visibility: facts.hidden ? 'hide' : 'list',
    supported_in_api: true,
    priority: position < 0 ? 99 : position + 1,
    additional_speed_tiers: ['fast'],
    service_tiers: [{ id: 'priority', name: 'Fast', description: '2x speed, increased usage' }],
    availability_nux: null,
    upgrade: null,
    model_messages: null,
    default_reasoning_summary: 'none',
    support_verbosity: true,
    default_verbosity: 'low',
    apply_patch_tool_type: 'freeform',
    web_search_tool_type: 'text_and_image',
    truncation_policy: { mode: 'tokens', limit: 10_000 },
    supports_image_detail_original: true,
    context_window: facts.context,
    max_context_window: facts.maximalContext,
    comp_hash: '3000',
    effective_context_window_percent: 95,
    experimental_supported_tools: [],
    input_modalities: ['text', 'image'],
    supports_search_tool: true,
    use_responses_lite: facts.lite,
    tool_mode: facts.lite ? 'code_mode_only' : null,
    multi_agent_version: facts.lite ? 'v2' : null,
    multi_agent_reasoning_effort: facts.maximalEffort === 'ultra' ? 'xhigh' : null,
    base_instructions: `You are the simulated ${slug}.`,
    minimal_client_version: slug.startsWith('gpt-6') ? '0.155.0' : '0.100.0',
  };
}

/** The entries of `slugs` a client of this version may see. */
export function catalogueFor(slugs: readonly string[], clientVersion: string): CatalogueEntry[] {
  return slugs.map(catalogueEntry).filter((entry) => isAtLeast(clientVersion, entry.minimal_client_version));
}

/** The ETag of an account's list; it also travels as `x-models-etag` on every answer. */
export function catalogueEtag(slugs: readonly string[]): string {
  return `W/"${createHash('sha256').update(slugs.join(' ')).digest('hex').slice(0, 16)}"`;
}

/** Whether the three-part version `version` is `minimum` or newer. Something that is not a version is not. */
export function isAtLeast(version: string, minimum: string): boolean {
  if (!/^\d+\.\d+\.\d+$/.test(version)) return false;
  return Bun.semver.order(version, minimum) >= 0;
}
