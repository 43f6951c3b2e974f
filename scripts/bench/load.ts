import { Connection, type Counted } from './connection.ts';
import type { RequestMaker } from './requests.ts';

/** One kind of work: where it goes and what must come back, exactly. */
export interface Work {
  port: number;
  next: RequestMaker;
  expected: { events: number; bytes: number };
}

/**
 * Learns what a whole answer of this work is, from one that is read closely: it must hold every word of the upstream's
 * text in order and end as it should. Later answers are only compared with it.
 */
export async function learnWork(
  { port, next }: { port: number; next: RequestMaker },
  words: number,
  endsWith: RegExp,
): Promise<Work> {
  const connection = await Connection.open(port);
  try {
    const { text, events, bytes } = await connection.request(next(), { keepText: true });
    const said = [...text.matchAll(/"(?:delta|content)":"((?:word\d+ )+)"/g)].map(([, word]) => word);
    const wanted = Array.from({ length: words }, (_, index) => `word${index + 1} `);
    if (said.join('') !== wanted.join(''))
      throw new Error(`The first answer is not the upstream's:\n${text.slice(0, 2_000)}`);
    if (!endsWith.test(text)) throw new Error(`The first answer does not end as it should:\n${text.slice(-600)}`);
    return { port, next, expected: { events, bytes } };
  } finally {
    connection.close();
  }
}

/** Throws when an answer lost or gained something. */
export function checkAnswer({ expected }: Work, { events, bytes }: Counted): void {
  if (events === expected.events && bytes === expected.bytes) return;
  throw new Error(
    `An answer had ${events} events and ${bytes} bytes instead of ${expected.events} and ${expected.bytes}.`,
  );
}

/** Sends requests on `concurrency` connections until `isEnough`, checks every answer, and tells how many there were. */
export async function runLoad(work: Work, concurrency: number, isEnough: (done: number) => boolean): Promise<number> {
  const connections = await Promise.all(Array.from({ length: concurrency }, () => Connection.open(work.port)));
  let done = 0;
  try {
    await Promise.all(
      connections.map(async (connection) => {
        while (!isEnough(done)) {
          checkAnswer(work, await connection.request(work.next()));
          done += 1;
        }
      }),
    );
  } finally {
    for (const connection of connections) connection.close();
  }
  return done;
}
