import { cpuMs } from './process-facts.ts';
import { median } from './statistics.ts';
import { runLoad, type Work } from './load.ts';

/** A process that does some work, to be compared with others doing theirs. */
export interface Contender {
  name: string;
  pids: readonly number[];
  work: Work;
}

/** The records of a request reach the disk within a second: that is part of its cost. */
const settleMs = 1_200;

/**
 * CPU milliseconds per request of every contender: in turns, so that whatever else the machine does meets all alike;
 * the median of the rounds. `warmUp` and a first, unmeasured round come before: a server that has run for a minute is
 * what is compared, not one whose code is still being compiled.
 */
export async function compareCpu(
  contenders: readonly Contender[],
  options: { concurrency: number; rounds: number; roundMs: number; warmUp: { work: Work; requests: number }[] },
): Promise<Map<string, number>> {
  const costs = new Map<string, number[]>(contenders.map(({ name }) => [name, []]));
  for (const { work, requests } of options.warmUp) await runLoad(work, options.concurrency, (done) => done >= requests);
  for (let round = 0; round <= options.rounds; round += 1) {
    for (const { name, pids, work } of contenders) {
      const before = cpuMs(pids);
      const until = performance.now() + options.roundMs;
      const done = await runLoad(work, options.concurrency, () => performance.now() >= until);
      await Bun.sleep(settleMs);
      if (round > 0) costs.get(name)?.push((cpuMs(pids) - before) / done);
    }
  }
  return new Map(Array.from(costs, ([name, values]) => [name, median(values)]));
}
