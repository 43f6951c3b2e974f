import type { Simulator } from '../../server/simulator/simulator.ts';

type Json = Record<string, unknown>;

/** What the simulated backend was asked to answer so far: the bodies of its model calls, oldest first. */
export function modelCalls(simulator: Simulator): Json[] {
  return simulator.requests.filter(({ endpoint }) => endpoint === 'responses').map(({ body }) => body as Json);
}

/** The body of the latest model call. Throws when there was none. */
export function lastModelCall(simulator: Simulator): Json {
  const body = modelCalls(simulator).at(-1);
  if (!body) throw new Error('The simulated backend was not asked for an answer.');
  return body;
}

/** The input items of a model call, each as its type, or as its role when it is a message. */
export function inputOutline(body: Json): string[] {
  return (body['input'] as Json[]).map((item) => String(item['type'] === 'message' ? item['role'] : item['type']));
}
