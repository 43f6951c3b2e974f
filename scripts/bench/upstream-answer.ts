import { answerPieces } from '../../server/simulator/answer-stream.ts';
import { defaultQuota, quotaHeaders } from '../../server/simulator/quota.ts';
import { completedResponse, estimateUsage, initialResponse } from '../../server/simulator/response-object.ts';
import { type AnswerShape, frameEvents } from './protocol.ts';

/** An answer as bytes on the wire, made once; `piecesFor` gives it an id of its own. */
export interface PreparedAnswer {
  /** Status line and headers. */
  headFor(serial: number): Buffer;
  /** HTTP chunks, one per event; a single one for a burst. The last one ends the body. */
  piecesFor(serial: number): Buffer[];
}

const digits = 12;
const serialText = (serial: number) => String(serial).padStart(digits, '0');
const placeholder = '#'.repeat(digits);

/** The simulator's own events, put into HTTP chunks ahead of time, so that serving them costs next to nothing. */
export function prepareAnswer({ events, paceMs }: AnswerShape): PreparedAnswer {
  const body = {
    model: 'gpt-5.5',
    instructions: 'Be brief.',
    input: [{ type: 'message', role: 'user', content: 'A question.' }],
  };
  const plan = [{ kind: 'numbered-message', count: events - frameEvents }] as const;
  const now = Date.now();
  const initial = initialResponse(body, `resp_bench${placeholder}`, now, 'user-bench');
  const pieces = [
    ...answerPieces({
      initial,
      plan,
      complete: () => completedResponse(initial, now, estimateUsage(body, plan)),
      context: { idTail: 'bench', seal: (note) => note, includesEncrypted: false },
      burst: paceMs === 0,
    }),
  ];
  const templates = pieces.map((piece, index) => templateOf(chunkOf(piece, index === pieces.length - 1)));
  const head = templateOf(Buffer.from(headText(now)));
  return { headFor: head, piecesFor: (serial) => templates.map((fill) => fill(serial)) };
}

function headText(now: number): string {
  const headers = {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-cache',
    'transfer-encoding': 'chunked',
    'x-codex-turn-state': `turn-${placeholder}`,
    ...quotaHeaders(defaultQuota(now), 'plus', now),
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  return `HTTP/1.1 200 OK\r\n${lines.join('\r\n')}\r\n\r\n`;
}

function chunkOf(piece: Uint8Array, isLast: boolean): Buffer {
  const end = isLast ? '\r\n0\r\n\r\n' : '\r\n';
  return Buffer.concat([Buffer.from(`${piece.length.toString(16)}\r\n`), piece, Buffer.from(end)]);
}

/** Bytes with the serial number in the places of the placeholder; without any, always the same bytes. */
function templateOf(bytes: Buffer): (serial: number) => Buffer {
  const places: number[] = [];
  for (let at = bytes.indexOf(placeholder); at >= 0; at = bytes.indexOf(placeholder, at + digits)) places.push(at);
  if (places.length === 0) return () => bytes;
  return (serial) => {
    const filled = Buffer.from(bytes);
    const text = serialText(serial);
    for (const at of places) filled.write(text, at, 'latin1');
    return filled;
  };
}
