import type { Bench, Row } from '../bench.ts';
import { compareCpu } from '../cpu-per-request.ts';
import { prepareGateway } from '../gateway.ts';
import { learnWork } from '../load.ts';
import { startNginx } from '../nginx.ts';
import { frameEvents } from '../protocol.ts';
import { chatRequests, responsesRequests } from '../requests.ts';

const upstreamPath = '/backend-api/codex/responses';
export const chatEnd = /data: \[DONE\]\n\n$/;
export const responsesEnd = /^event: response\.completed\ndata: [^\n]+\n\n$/m;

const concurrency = 16;
const events = 100;
const targets = { paced: { chat: 2, relay: 1.5 }, burst: { chat: 4.5, relay: null } } as const;

/** CPU per streamed answer of 100 events: nginx relaying it, the gateway translating it, the gateway relaying it. */
export async function measureStreamed(bench: Bench, pace: 'paced' | 'burst'): Promise<Row[]> {
  if (bench.nginx === null)
    throw new Error(
      'nginx is not installed (Debian: apt-get install nginx-light); it is what the gateway is compared with.',
    );
  const shape = { events, paceMs: pace === 'paced' ? 5 : 0 };
  const words = events - frameEvents;
  await using nginx = await startNginx(bench.workshop, bench.nginx, bench.upstream.port);
  await using gateway = await prepareGateway(bench.workshop, {
    upstreamPort: bench.upstream.port,
    accounts: 3,
    profileTo: bench.profileTo,
  }).start();
  const { port, key, pid } = gateway;

  const works = {
    nginx: await learnWork(
      responsesRequests({ port: nginx.port, path: upstreamPath, bearer: 'any' }, shape),
      words,
      responsesEnd,
    ),
    chat: await learnWork(chatRequests(port, key, shape), words, chatEnd),
    relay: await learnWork(responsesRequests({ port, path: '/v1/responses', bearer: key }, shape), words, responsesEnd),
  };
  const inOneBurst = { events, paceMs: 0 };
  const requests = bench.isQuick ? 300 : 6_000;
  const warmUp = [
    { work: await learnWork(chatRequests(port, key, inOneBurst), words, chatEnd), requests },
    {
      work: await learnWork(
        responsesRequests({ port, path: '/v1/responses', bearer: key }, inOneBurst),
        words,
        responsesEnd,
      ),
      requests,
    },
  ];
  const roundMs = bench.isQuick ? 1_500 : pace === 'paced' ? 8_000 : 4_000;
  const costs = await compareCpu(
    [
      { name: 'nginx', pids: nginx.pids, work: works.nginx },
      { name: 'chat', pids: [pid], work: works.chat },
      { name: 'relay', pids: [pid], work: works.relay },
    ],
    { concurrency, rounds: bench.isQuick ? 2 : 4, roundMs, warmUp },
  );

  const nginxMs = costs.get('nginx') ?? Number.NaN;
  const rowOf = (name: 'chat' | 'relay', title: string): Row => {
    const cost = costs.get(name) ?? Number.NaN;
    return {
      what: `${title}, ${pace === 'paced' ? 'events 5 ms apart' : 'in one burst'}: CPU per request`,
      measured: `${cost.toFixed(3)} ms`,
      reference: `nginx ${nginxMs.toFixed(3)} ms`,
      value: cost / nginxMs,
      unit: '×',
      target: targets[pace][name],
    };
  };
  return [rowOf('chat', 'chat streamed'), rowOf('relay', 'responses relayed')];
}
