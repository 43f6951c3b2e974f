import { type Bench, kib, mib, type Row } from '../bench.ts';
import { Connection } from '../connection.ts';
import { prepareGateway } from '../gateway.ts';
import { checkAnswer, learnWork, type Work } from '../load.ts';
import { residentBytes } from '../process-facts.ts';
import { frameEvents } from '../protocol.ts';
import { chatRequests } from '../requests.ts';
import { chatEnd } from './streamed.ts';

const streams = 2_000;

/** Memory with nothing to do, and with 2,000 streams open at once, of which none may lose an event or a byte. */
export async function measureManyStreams(bench: Bench): Promise<Row[]> {
  const { upstream, workshop } = bench;
  await using gateway = await prepareGateway(workshop, {
    upstreamPort: upstream.port,
    accounts: 3,
    profileTo: bench.profileTo,
  }).start();
  const shape = { events: bench.isQuick ? 24 : 48, paceMs: 250 };
  const work = await learnWork(chatRequests(gateway.port, gateway.key, shape), shape.events - frameEvents, chatEnd);
  await Bun.sleep(3_000);
  const idle = residentBytes(gateway.pid);

  const { atOnce, peak, lost } = await openAll(work, gateway.pid);
  return [
    {
      what: 'memory with nothing to do',
      measured: `${(idle / mib).toFixed(1)} MiB`,
      reference: '',
      value: idle / 1e6,
      unit: 'MB',
      target: 100,
    },
    {
      what: `${streams} streams at once: memory per stream above idle`,
      measured: `${(peak / mib).toFixed(1)} MiB with ${atOnce} open`,
      reference: `idle ${(idle / mib).toFixed(1)} MiB`,
      value: (peak - idle) / streams / kib,
      unit: 'KiB',
      target: 64,
    },
    {
      what: `${streams} streams at once: streams that lost anything`,
      measured: `${streams - lost} whole`,
      reference: '',
      value: lost + (streams - atOnce),
      unit: '',
      target: 0,
    },
  ];
}

/** Opens all streams within a second or so and reads them to their ends, watching the memory of `pid`. */
async function openAll(work: Work, pid: number): Promise<{ atOnce: number; peak: number; lost: number }> {
  let open = 0;
  let atOnce = 0;
  let peak = 0;
  const watch = setInterval(() => {
    peak = Math.max(peak, residentBytes(pid));
  }, 50);
  const one = async (): Promise<boolean> => {
    const connection = await Connection.open(work.port);
    open += 1;
    atOnce = Math.max(atOnce, open);
    try {
      checkAnswer(work, await connection.request(work.next()));
      return true;
    } catch (error) {
      console.error((error as Error).message);
      return false;
    } finally {
      open -= 1;
      connection.close();
    }
  };
  const running: Promise<boolean>[] = [];
  while (running.length < streams) {
    for (let index = 0; index < 20; index += 1) running.push(one());
    await Bun.sleep(10);
  }
  const whole = await Promise.all(running);
  clearInterval(watch);
  return { atOnce, peak, lost: whole.filter((isWhole) => !isWhole).length };
}
