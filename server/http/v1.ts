import type { ConversationStore } from '../conversations/store.ts';
import { deletedResponseBody, inputItemsList, storedResponseBody } from '../conversations/history.ts';
import type { Clock } from '../core/clock.ts';
import { AppError } from '../core/errors.ts';
import type { Env } from '../env.ts';
import type { AnswerCall, Endpoint } from '../gateway/call.ts';
import { chatCall } from '../gateway/chat-completions.ts';
import type { Answer, Gateway } from '../gateway/gateway.ts';
import { compactCall, responsesCall } from '../gateway/responses.ts';
import type { ClientKey, KeyService } from '../keys/service.ts';
import type { ModelService } from '../models/service.ts';
import type { Recorder } from '../usage/recorder.ts';
import { refusalRecord } from '../usage/refusal.ts';
import { authenticate, checkModelAllowed, presentedKey } from './authenticate.ts';
import { methodNotAllowed } from './method-not-allowed.ts';
import { readJson } from './read-json.ts';

export interface V1Deps {
  env: Pick<Env, 'BODY_LIMIT' | 'BODY_TIMEOUT_MS' | 'MODELS_PUBLIC' | 'RESPONSES_TTL'>;
  keys: KeyService;
  models: ModelService;
  conversations: ConversationStore;
  gateway: Gateway;
  recorder: Recorder;
  clock: Clock;
}

export interface V1Request {
  request: Request;
  url: URL;
  requestId: string;
  /**
   * Switches off the server's idle time-out for this connection, as an answer may be quiet for minutes; the result
   * switches it on again. Left off, it would stay off for as long as the client keeps the connection.
   */
  keepOpen: () => () => void;
}

type Handler = (context: V1Request, parameter: string) => Response | Promise<Response>;

/** The paths below `/v1` that need a key, with a handler per method. A group in the path is the handler's parameter. */
export function createV1(deps: V1Deps): (context: V1Request) => Promise<Response> {
  const { keys, models, conversations, clock } = deps;
  const limits = { limitBytes: deps.env.BODY_LIMIT, timeoutMs: deps.env.BODY_TIMEOUT_MS };

  const keyOf = ({ request }: V1Request) => authenticate(request.headers, keys, clock);

  /** An endpoint that calls the upstream. What is refused before it comes to that is on record, too. */
  const answer =
    (endpoint: Endpoint, toCall: (body: unknown, key: ClientKey, headers: Headers) => AnswerCall): Handler =>
    async (context) => {
      const { request, requestId, keepOpen } = context;
      const receivedAt = clock.now();
      let key: ClientKey | undefined;
      let call: AnswerCall | undefined;
      try {
        key = keyOf(context);
        call = toCall(await readJson(request, limits), key, request.headers);
        checkModelAllowed(key, call.model);
      } catch (error) {
        const refused = {
          requestId,
          endpoint,
          keyId: key?.id ?? null,
          model: call?.model.asked ?? null,
          createdAt: receivedAt,
        };
        deps.recorder.record(refusalRecord({ ...refused, durationMs: clock.now() - receivedAt }, error));
        throw error;
      }
      const callContext = { requestId, keyId: key.id, receivedAt, signal: request.signal, onEnd: keepOpen() };
      return toResponse(await deps.gateway.answer(call, callContext));
    };
  const callDeps = {
    resolveModel: models.resolve,
    nowMs: () => clock.now(),
    conversations,
    keepsResponses: deps.env.RESPONSES_TTL > 0,
  };

  const routes: { path: RegExp; methods: Record<string, Handler> }[] = [
    {
      path: /^\/v1\/chat\/completions$/,
      methods: { POST: answer('/v1/chat/completions', (body, key, headers) => chatCall(callDeps, body, key, headers)) },
    },
    {
      path: /^\/v1\/responses$/,
      methods: {
        POST: answer('/v1/responses', (body, key, headers) => responsesCall(callDeps, body, key, headers)),
        GET(context) {
          const { request } = context;
          keyOf(context);
          if (request.headers.get('upgrade')?.toLowerCase() !== 'websocket') throw methodNotAllowed(['POST']);
          throw new AppError(
            'upgrade_required',
            'WebSocket is not supported here yet: use HTTP, which clients fall back to.',
            { headers: { upgrade: 'HTTP/1.1' } },
          );
        },
      },
    },
    {
      path: /^\/v1\/responses\/compact$/,
      methods: {
        POST: answer('/v1/responses/compact', (body, key, headers) => compactCall(callDeps, body, key, headers)),
      },
    },
    {
      path: /^\/v1\/responses\/([^/]+)$/,
      methods: {
        GET: (context, id) => Response.json(storedResponseBody(stored(conversations.get(keyOf(context).id, id), id))),
        DELETE(context, id) {
          if (!conversations.remove(keyOf(context).id, id)) throw notStored(id);
          return Response.json(deletedResponseBody(id));
        },
      },
    },
    {
      path: /^\/v1\/responses\/([^/]+)\/input_items$/,
      methods: {
        GET(context, id) {
          const query = context.url.searchParams;
          const page = { order: query.get('order'), after: query.get('after'), limit: query.get('limit') };
          return Response.json(inputItemsList(stored(conversations.get(keyOf(context).id, id), id), page));
        },
      },
    },
  ];

  const modelRoutes = [/^\/v1\/models$/, /^\/v1\/models\/(.+)$/] as const;

  function listModels({ request, url }: V1Request, parameter: string | undefined): Response {
    const isAnonymous = presentedKey(request.headers) === null && deps.env.MODELS_PUBLIC;
    const allowed = isAnonymous ? null : authenticate(request.headers, keys, clock).allowedModels;
    if (parameter !== undefined) return Response.json(models.one(parameter, allowed));
    if (!url.searchParams.has('client_version')) return Response.json(models.list(allowed));
    const { body, etag } = models.codexList(allowed);
    if (request.headers.get('if-none-match') === etag) return new Response(null, { status: 304, headers: { etag } });
    return new Response(body, { headers: { etag, 'content-type': 'application/json' } });
  }

  return async (context) => {
    const { request, url } = context;
    for (const path of modelRoutes) {
      const [matched, parameter] = path.exec(url.pathname) ?? [];
      if (matched === undefined) continue;
      if (request.method !== 'GET' && request.method !== 'HEAD') throw methodNotAllowed(['GET']);
      return listModels(context, parameter === undefined ? undefined : decoded(parameter));
    }
    for (const { path, methods } of routes) {
      const [matched, parameter = ''] = path.exec(url.pathname) ?? [];
      if (matched === undefined) continue;
      const handler = methods[request.method];
      if (!handler) throw methodNotAllowed(Object.keys(methods));
      return handler(context, decoded(parameter));
    }
    throw new AppError('not_found', `Unknown request URL: ${request.method} ${url.pathname.slice(0, 200)}.`);
  };
}

function decoded(parameter: string): string {
  try {
    return decodeURIComponent(parameter);
  } catch {
    return parameter;
  }
}

function stored<T>(value: T | undefined, id: string): T {
  if (value === undefined) throw notStored(id);
  return value;
}

function notStored(id: string): AppError {
  return new AppError('not_found', `Response with id '${id.slice(0, 100)}' not found.`, { param: 'id' });
}

const streamHeaders = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-cache, no-transform',
  'x-accel-buffering': 'no',
};

function toResponse(answer: Answer): Response {
  if ('json' in answer) return Response.json(answer.json, { headers: answer.headers });
  return new Response(answer.stream, { headers: { ...streamHeaders, ...answer.headers } });
}
