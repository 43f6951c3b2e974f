import type { Bench, Row } from '../bench.ts';
import { prepareGateway } from '../gateway.ts';
import { median } from '../statistics.ts';

/** From the start of the process to the first 200 of `/livez`, on a database that exists. */
export async function measureStart(bench: Bench): Promise<Row[]> {
  const prepared = prepareGateway(bench.workshop, { upstreamPort: bench.upstream.port, accounts: 3 });
  const times: number[] = [];
  for (let run = 0; run < 5; run += 1) {
    await using gateway = await prepared.start();
    times.push(gateway.readyMs);
  }
  const seconds = median(times) / 1_000;
  const range = `${(Math.min(...times) / 1_000).toFixed(2)}–${(Math.max(...times) / 1_000).toFixed(2)} s`;
  return [
    { what: 'start to ready, median of 5', measured: range, reference: '', value: seconds, unit: 's', target: 0.5 },
  ];
}
