import { isMet, type Row } from './bench.ts';

const heads = ['what', 'measured', 'compared with', 'result', 'target', ''] as const;

function cellsOf(row: Row): string[] {
  const met = isMet(row);
  return [
    row.what,
    row.measured,
    row.reference,
    `${numberText(row.value)} ${row.unit}`.trim(),
    row.target === null ? 'none' : `≤ ${row.target} ${row.unit}`.trim(),
    met === null ? '' : met ? 'pass' : 'MISS',
  ];
}

function numberText(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toFixed(value < 10 ? 2 : 1);
}

/** A table in Markdown whose columns also line up as plain text. */
export function tableOf(rows: readonly Row[]): string {
  const cells = [[...heads], ...rows.map(cellsOf)];
  const widths = heads.map((_, column) => Math.max(...cells.map((line) => line[column]?.length ?? 0), 3));
  const lineOf = (line: readonly string[]) =>
    `| ${line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  const [head = [], ...body] = cells;
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`;
  return [lineOf(head), rule, ...body.map(lineOf)].join('\n');
}

/** `docs/performance.md`, from a run. */
export function performanceMarkdown(facts: {
  machine: string;
  date: string;
  command: string;
  rows: readonly Row[];
}): string {
  return `# Performance

Written by \`${facts.command}\` on ${facts.date}; not by hand.

Machine: ${facts.machine}

${tableOf(facts.rows)}

## How it is measured

- The gateway is the real program (\`serve\`) with its defaults and everything on: keys, selection, affinity, quota, records, logs. It has core 0 for itself; the upstream and the load run on core 1. CPU is user and system time of the whole process from \`/proc\`, records written to disk included, divided by the requests.
- nginx is Debian's, one worker on core 0, a plain \`proxy_pass\` without buffering or access log and with kept connections on both sides. It relays the upstream's own stream: also where the gateway translates to chat, nginx passes the same events on as they are.
- The contenders take turns within one run; a result is the ratio of the medians of their rounds. The absolute times are this machine's, and only good for comparing within the table.
- An answer has 100 upstream events, of which 92 are text. Sixteen requests run at once, each a conversation of its own. Every answer is compared in events and bytes with a first one that is read word by word.
- Time to the first byte is taken with one request at a time and answers that come in one burst: events before the first output are held back on purpose, so that a failing account can still be replaced.
- The upstream of the bench serves prepared bytes, so that it is not what is measured.
`;
}
