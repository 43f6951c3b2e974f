import type { Bench, Row } from '../bench.ts';
import { Connection } from '../connection.ts';
import { prepareGateway } from '../gateway.ts';
import { checkAnswer, learnWork } from '../load.ts';
import { frameEvents } from '../protocol.ts';
import { chatRequests, responsesRequests } from '../requests.ts';
import { percentile } from '../statistics.ts';
import { chatEnd, responsesEnd } from './streamed.ts';

/**
 * What the gateway adds to the time to the first byte, one request at a time, direct and through it in turns. The
 * answer comes in one burst, so that the first output is there as soon as the first byte is.
 */
export async function measureFirstByte(bench: Bench): Promise<Row[]> {
  const shape = { events: 100, paceMs: 0 };
  const words = shape.events - frameEvents;
  const { upstream } = bench;
  await using gateway = await prepareGateway(bench.workshop, {
    upstreamPort: upstream.port,
    accounts: 3,
    profileTo: bench.profileTo,
  }).start();
  const direct = await learnWork(
    responsesRequests({ port: upstream.port, path: '/backend-api/codex/responses', bearer: 'any' }, shape),
    words,
    responsesEnd,
  );
  const through = await learnWork(chatRequests(gateway.port, gateway.key, shape), words, chatEnd);

  const connections = { direct: await Connection.open(upstream.port), through: await Connection.open(gateway.port) };
  const times = { direct: [] as number[], through: [] as number[] };
  const samples = bench.isQuick ? 300 : 1_500;
  const warmUp = 300;
  for (let turn = 0; turn < warmUp + samples; turn += 1) {
    for (const name of ['direct', 'through'] as const) {
      const work = name === 'direct' ? direct : through;
      const counted = await connections[name].request(work.next());
      checkAnswer(work, counted);
      if (turn >= warmUp) times[name].push(counted.firstByteMs);
    }
  }
  connections.direct.close();
  connections.through.close();

  const rowOf = (share: number, target: number): Row => {
    const value = percentile(times.through, share) - percentile(times.direct, share);
    return {
      what: `time to first byte added, p${share * 100}`,
      measured: `${percentile(times.through, share).toFixed(3)} ms`,
      reference: `direct ${percentile(times.direct, share).toFixed(3)} ms`,
      value,
      unit: 'ms',
      target,
    };
  };
  return [rowOf(0.5, 0.5), rowOf(0.99, 2)];
}
