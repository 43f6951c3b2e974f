/** The names of one request's tools, as the client knows them and as the upstream accepts them. */
export interface ToolNames {
  /** The name to send; one that was not among the request's names is sent as it is. */
  toUpstream(name: string): string;
  /** The name to give back to the client; one the upstream made up is given back as it is. */
  toClient(name: string): string;
}

const longest = 64;
const legal = /^[A-Za-z0-9_-]{1,64}$/;

/**
 * Maps `names` (the order decides which of two clashing names gets a suffix) onto `^[A-Za-z0-9_-]{1,64}$`, one to one.
 * Legal names keep themselves. Of a long MCP name the last part says what the tool does: `mcp__server__tool` becomes
 * `mcp__tool`. Then illegal characters become `_`, the rest is cut, and clashes get `_1`, `_2`, ….
 */
export function createToolNames(names: Iterable<string>): ToolNames {
  const all = new Set(names);
  const upstream = new Map<string, string>();
  const client = new Map<string, string>();
  for (const name of all) if (legal.test(name)) client.set(name, name);
  for (const name of all) {
    if (legal.test(name)) continue;
    const short = unused(shorten(name), client);
    upstream.set(name, short);
    client.set(short, name);
  }
  return {
    toUpstream: (name) => upstream.get(name) ?? name,
    toClient: (name) => client.get(name) ?? name,
  };
}

function shorten(name: string): string {
  const isLongMcp = name.length > longest && name.startsWith('mcp__');
  const kept = isLongMcp ? `mcp__${name.slice(name.lastIndexOf('__') + 2)}` : name;
  return kept.replace(/[^A-Za-z0-9_-]/g, '_').slice(0, longest);
}

function unused(name: string, taken: ReadonlyMap<string, string>): string {
  let candidate = name;
  for (let count = 1; taken.has(candidate); count += 1) {
    const suffix = `_${count}`;
    candidate = name.slice(0, longest - suffix.length) + suffix;
  }
  return candidate;
}
