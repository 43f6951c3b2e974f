const installationField = 'x-codex-installation-id';
const turnMetadataField = 'x-codex-turn-metadata';

/**
 * A Codex client's `client_metadata` without what identifies its installation: the gateway stands for many people, and
 * the upstream need not tell their machines apart. Undefined when nothing is left.
 */
export function anonymousMetadata(metadata: Readonly<Record<string, unknown>>): Record<string, unknown> | undefined {
  const { [installationField]: _, ...rest }: Record<string, unknown> = metadata;
  const turnMetadata = rest[turnMetadataField];
  if (typeof turnMetadata === 'string') rest[turnMetadataField] = anonymousTurnMetadata(turnMetadata);
  return Object.keys(rest).length === 0 ? undefined : rest;
}

/** The JSON text of `x-codex-turn-metadata` (a header, and a field of the above) without its `installation_id`. */
export function anonymousTurnMetadata(text: string): string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return '{}';
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return '{}';
  const { installation_id: _, ...rest } = value as Record<string, unknown>;
  return JSON.stringify(rest);
}
