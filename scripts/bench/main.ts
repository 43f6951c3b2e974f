import { cpus } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Bench, isMet, type Row } from './bench.ts';
import { measureFirstByte } from './cases/first-byte.ts';
import { measureManyStreams } from './cases/many-streams.ts';
import { measurePoolSize } from './cases/pool-size.ts';
import { measureStart } from './cases/start.ts';
import { measureStreamed } from './cases/streamed.ts';
import { findNginx, nginxVersion } from './nginx.ts';
import { performanceMarkdown, tableOf } from './report.ts';
import { openWorkshop, otherCore, type Workshop } from './workshop.ts';

const cases: Readonly<Record<string, (bench: Bench) => Promise<Row[]>>> = {
  paced: (bench) => measureStreamed(bench, 'paced'),
  burst: (bench) => measureStreamed(bench, 'burst'),
  'first-byte': measureFirstByte,
  streams: measureManyStreams,
  start: measureStart,
  accounts: measurePoolSize,
};

const usage = `Measures the gateway against nginx and against its targets. Linux with two cores, taskset and nginx.

  bun run bench [--only NAME]... [--quick] [--json] [--write] [--profile DIR]

  --only NAME    one of ${Object.keys(cases).join(', ')}; may be repeated
  --quick        short runs, to see that it works
  --json         the rows as JSON
  --write        writes docs/performance.md (after a whole run only)
  --profile DIR  has the gateway write CPU profiles there; costs time, so do not quote those results`;

const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true },
    quick: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
    profile: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

process.exitCode = values.help ? show(usage) : await run();

function show(text: string): number {
  console.log(text);
  return 0;
}

/** Why there can be no run; undefined when there can. */
function mistakeIn(chosen: readonly string[]): string | undefined {
  const unknown = chosen.filter((name) => !(name in cases));
  if (unknown.length > 0) return `There is no case ${unknown.join(', ')}.`;
  const isWhole = !values.only && !values.quick && values.profile === undefined;
  if (values.write && !isWhole) return '--write needs a whole run, without --only, --quick and --profile.';
  const canPin = process.platform === 'linux' && cpus().length >= 2 && Bun.which('taskset');
  return canPin ? undefined : 'The bench needs Linux, two cores and taskset.';
}

async function run(): Promise<number> {
  const chosen = values.only ?? Object.keys(cases);
  const mistake = mistakeIn(chosen);
  if (mistake !== undefined) {
    console.error(`${mistake}\n\n${usage}`);
    return 2;
  }

  const nginx = findNginx();
  const machine = [
    `${cpus()[0]?.model ?? 'unknown CPU'}, ${cpus().length} cores`,
    `Bun ${Bun.version}`,
    nginx ? nginxVersion(nginx) : 'no nginx',
  ].join('; ');
  await using workshop = openWorkshop();
  // The load is made in this very process.
  Bun.spawnSync(['taskset', '-a', '-c', '-p', String(otherCore), String(process.pid)]);
  const upstream = await startUpstream(workshop);
  const bench: Bench = { workshop, upstream, nginx, isQuick: values.quick, profileTo: values.profile };

  const rows: Row[] = [];
  let hasFailed = false;
  for (const name of chosen) {
    console.error(`… ${name}`);
    try {
      const measured = await cases[name]?.(bench);
      if (measured) rows.push(...measured);
    } catch (error) {
      console.error(`${name}: ${(error as Error).message}`);
      hasFailed = true;
    }
  }

  if (values.json)
    console.log(JSON.stringify({ machine, rows: rows.map((row) => ({ ...row, isMet: isMet(row) })) }, null, 2));
  else console.log(`\n${machine}\n\n${tableOf(rows)}\n`);
  if (values.write && !hasFailed) {
    const file = join(import.meta.dir, '../../docs/performance.md');
    await Bun.write(
      file,
      performanceMarkdown({
        machine,
        date: new Date().toISOString().slice(0, 10),
        command: 'bun run bench --write',
        rows,
      }),
    );
  }
  return hasFailed ? 1 : 0;
}

/** The upstream tells its port in its first line. */
async function startUpstream(workshop: Workshop): Promise<Bench['upstream']> {
  const child = workshop.start(otherCore, [process.execPath, join(import.meta.dir, 'upstream.ts')], { stdout: 'pipe' });
  if (!child.stdout) throw new Error('The upstream has no output.');
  const reader = child.stdout.getReader();
  const { value } = await reader.read();
  const port = Number(new TextDecoder().decode(value).trim());
  if (!(port > 0)) throw new Error('The upstream of the bench did not start.');
  return { port, pid: child.pid };
}
