import { type AnswerShape, markOf } from './protocol.ts';

/** Makes the bytes of the next request; no two are of one conversation. */
export type RequestMaker = () => Buffer;

export interface Destination {
  port: number;
  path: string;
  /** A client key, or an access token of the upstream. */
  bearer: string;
}

const digits = 10;
const placeholder = '#'.repeat(digits);

/** A small conversation for `/v1/chat/completions`. */
export function chatRequests(port: number, key: string, shape: AnswerShape): { port: number; next: RequestMaker } {
  const messages = [
    { role: 'system', content: 'You are a helpful assistant. Be brief.' },
    { role: 'user', content: questionFor(shape) },
  ];
  const body = { model: 'gpt-5.5', stream: true, stream_options: { include_usage: true }, messages };
  return { port, next: requestMaker({ port, path: '/v1/chat/completions', bearer: key }, body) };
}

/** The same question as a Codex client puts it, for the gateway's `/v1/responses` and for the upstream itself. */
export function responsesRequests(destination: Destination, shape: AnswerShape): { port: number; next: RequestMaker } {
  const body = {
    model: 'gpt-5.5',
    instructions: 'You are a helpful assistant. Be brief.',
    input: [{ type: 'message', role: 'user', content: [{ type: 'input_text', text: questionFor(shape) }] }],
    store: false,
    stream: true,
  };
  return { port: destination.port, next: requestMaker(destination, body) };
}

function questionFor(shape: AnswerShape): string {
  return `Question ${placeholder}: count as far as you can. ${markOf(shape)}`;
}

function requestMaker({ port, path, bearer }: Destination, body: unknown): RequestMaker {
  const json = JSON.stringify(body);
  const head = [
    `POST ${path} HTTP/1.1`,
    `host: 127.0.0.1:${port}`,
    `authorization: Bearer ${bearer}`,
    'content-type: application/json',
    'accept: text/event-stream',
    'user-agent: bench',
    `content-length: ${Buffer.byteLength(json)}`,
  ];
  const template = Buffer.from(`${head.join('\r\n')}\r\n\r\n${json}`);
  const place = template.indexOf(placeholder);
  let serial = 0;
  return () => {
    serial += 1;
    const bytes = Buffer.from(template);
    bytes.write(String(serial).padStart(digits, '0'), place, 'latin1');
    return bytes;
  };
}
