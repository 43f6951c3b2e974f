import type { Bench, Row } from '../bench.ts';
import { compareCpu } from '../cpu-per-request.ts';
import { prepareGateway } from '../gateway.ts';
import { learnWork } from '../load.ts';
import { frameEvents } from '../protocol.ts';
import { chatRequests } from '../requests.ts';
import { chatEnd } from './streamed.ts';

/** CPU per chat request with 10,000 accounts against the same with 10. */
export async function measurePoolSize(bench: Bench): Promise<Row[]> {
  const shape = { events: 100, paceMs: 0 };
  const upstreamPort = bench.upstream.port;
  await using small = await prepareGateway(bench.workshop, { upstreamPort, accounts: 10 }).start();
  await using large = await prepareGateway(bench.workshop, {
    upstreamPort,
    accounts: 10_000,
    profileTo: bench.profileTo,
  }).start();
  const workOf = ({ port, key }: { port: number; key: string }) =>
    learnWork(chatRequests(port, key, shape), shape.events - frameEvents, chatEnd);
  const works = { small: await workOf(small), large: await workOf(large) };
  // Every account is met once: what a first meeting costs is not what a request costs.
  const requests = bench.isQuick ? 300 : 12_000;
  const costs = await compareCpu(
    [
      { name: 'small', pids: [small.pid], work: works.small },
      { name: 'large', pids: [large.pid], work: works.large },
    ],
    {
      warmUp: [
        { work: works.small, requests },
        { work: works.large, requests },
      ],
      concurrency: 16,
      rounds: bench.isQuick ? 2 : 4,
      roundMs: bench.isQuick ? 2_000 : 4_000,
    },
  );
  const [smallMs, largeMs] = [costs.get('small') ?? Number.NaN, costs.get('large') ?? Number.NaN];
  return [
    {
      what: '10,000 accounts: CPU per request (chat, in one burst)',
      measured: `${largeMs.toFixed(3)} ms`,
      reference: `10 accounts ${smallMs.toFixed(3)} ms`,
      value: largeMs / smallMs,
      unit: '×',
      target: 1.2,
    },
  ];
}
