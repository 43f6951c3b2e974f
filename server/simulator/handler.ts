import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../core/clock.ts';
import type { SimulatedAccount } from './account.ts';
import { type Answer, plain, refused } from './answer.ts';
import { parseBody, readBytes } from './body.ts';
import {
  accountRejection,
  answerAccountsCheck,
  answerCompact,
  answerModels,
  answerResponses,
  answerUsage,
  type CallHeaders,
  modelCallHeaders,
  requestRejection,
} from './codex-endpoints.ts';
import { answerControl, controlPrefix } from './control-api.ts';
import { type Directives, lastUserText, parseDirectives } from './directives.ts';
import { faultReply, isFaultName } from './faults.ts';
import { type JsonObject, textOr } from './json.ts';
import type { OauthEndpoints } from './oauth-endpoints.ts';
import { perform, send } from './perform.ts';
import { wasBroken } from './play.ts';
import type { Recorder } from './recorder.ts';
import { detail, type Rejection, unauthorized } from './rejection.ts';
import { endpointOf, needsAccount } from './routes.ts';
import type { Endpoint, Reply, ScriptQueue } from './script.ts';
import type { SessionStore } from './sessions.ts';
import type { Simulator } from './simulator.ts';

export interface HandlerDeps {
  simulator: Simulator;
  clock: Clock;
  sessions: SessionStore;
  oauth: OauthEndpoints;
  scripts: ScriptQueue;
  recorder: Recorder;
  eventDelayMs: number;
  /** A refresh call came in; the name is empty when its token is unknown. */
  onRefresh: (account: string) => void;
  /** A /responses call began (+1) or is through (−1). */
  onOpen: (change: 1 | -1) => void;
}

/** A call as far as it is understood. */
interface Call {
  endpoint: Endpoint;
  url: URL;
  headers: CallHeaders;
  body: JsonObject;
  account: SimulatedAccount | undefined;
}

/** What came of a call: an answer of its own, or a reply laid over the ordinary answer. */
interface Outcome {
  ordinary: () => Answer;
  reply: Reply | undefined;
  /** On every answer to this call. */
  headers: Record<string, string>;
}

/** The request listener: authenticate, check, take a script or a directive, answer, record. */
export function createHandler(deps: HandlerDeps): (request: IncomingMessage, response: ServerResponse) => void {
  return (request, response) => {
    const url = new URL(request.url ?? '/', deps.simulator.origin);
    const method = request.method ?? 'GET';
    const serve = url.pathname.startsWith(controlPrefix)
      ? serveControl(deps, request, response, method, url)
      : serveCall(deps, request, response, method, url);
    // A client left while its body was read (its connection is gone already), or a script's hook threw.
    serve.catch((error: unknown) => {
      if (!response.headersSent && !response.destroyed) void send(response, refused(detail(String(error), 500)));
      else response.destroy();
    });
  };
}

async function serveControl(
  deps: HandlerDeps,
  request: IncomingMessage,
  response: ServerResponse,
  method: string,
  url: URL,
): Promise<void> {
  const bytes = await readBytes(request);
  let body: unknown = {};
  try {
    if (bytes?.length) body = JSON.parse(bytes.toString('utf8'));
  } catch {
    return send(response, refused(detail('The body is not JSON')));
  }
  await send(response, answerControl(deps.simulator, method, url.pathname, body));
}

async function serveCall(
  deps: HandlerDeps,
  request: IncomingMessage,
  response: ServerResponse,
  method: string,
  url: URL,
): Promise<void> {
  const endpoint = endpointOf(method, url.pathname);
  const headers = headersOf(request);
  const recorded = deps.recorder.add({ endpoint, method, path: url.pathname + url.search, headers });
  if (endpoint === 'responses') deps.onOpen(1);
  const note = () => {
    recorded.status = response.headersSent ? response.statusCode : 0;
    recorded.finished = response.writableFinished || wasBroken(response);
    deps.recorder.notify();
  };
  response.on('finish', note);
  response.on('close', () => {
    if (endpoint === 'responses') deps.onOpen(-1);
    recorded.aborted = !response.writableFinished && !wasBroken(response);
    note();
  });
  const parsed =
    method === 'POST'
      ? parseBody(await readBytes(request), headers['content-encoding'], headers['content-type'])
      : noBody;
  if (parsed.ok) recorded.body = method === 'POST' ? parsed.body : null;
  const body = parsed.ok ? parsed.body : {};
  const identified = identify(deps, endpoint, headers, body, url);
  recorded.account = identified.account?.name;
  const rejection = identified.rejection ?? (parsed.ok ? undefined : parsed.rejection);
  deps.recorder.notify();
  if (rejection) return send(response, refused(rejection));
  const outcome = decide(deps, { endpoint, url, headers, body, account: identified.account });
  if (!outcome.reply) return send(response, outcome.ordinary());
  await perform(response, outcome.reply, outcome.ordinary, outcome.headers);
}

const noBody = { ok: true, body: {} } as const;

function headersOf(request: IncomingMessage): Record<string, string> {
  const entries = Object.entries(request.headers);
  return Object.fromEntries(
    entries.map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : (value ?? '')]),
  );
}

/** Whose call it is, or why it is nobody's. */
function identify(
  deps: HandlerDeps,
  endpoint: Endpoint,
  headers: CallHeaders,
  body: JsonObject,
  url: URL,
): { account: SimulatedAccount | undefined; rejection?: Rejection } {
  if (endpoint === 'authorize') return { account: accountToSignIn(deps.simulator, url) };
  if (!needsAccount(endpoint)) return { account: deps.oauth.accountOf(body) };
  const bearer = /^Bearer (.+)$/i.exec(headers['authorization'] ?? '')?.[1];
  if (bearer === undefined) return { account: undefined, rejection: detail('Unauthorized', 401) };
  const verdict = deps.sessions.checkAccess(bearer);
  if (!verdict.ok) return { account: verdict.account, rejection: unauthorized(verdict.code) };
  if (headers['chatgpt-account-id'] !== verdict.account.accountId) {
    return { account: verdict.account, rejection: detail('Unauthorized', 401) };
  }
  return { account: verdict.account };
}

/** Nobody sits at the simulated sign-in page: `sim_account` names the person, else it is the first account. */
function accountToSignIn(simulator: Simulator, url: URL): SimulatedAccount | undefined {
  const name = url.searchParams.get('sim_account');
  return name === null ? simulator.accounts.values().next().value : simulator.accounts.get(name);
}

function decide(deps: HandlerDeps, call: Call): Outcome {
  const { endpoint, body, account } = call;
  if (endpoint === 'token' && body['grant_type'] === 'refresh_token') deps.onRefresh(account?.name ?? '');
  if (account && (endpoint === 'responses' || endpoint === 'compact'))
    return decideModelCall(deps, call, account, endpoint);
  return {
    ordinary: () => answerOther(deps, call),
    reply: namedReply(deps, deps.scripts.take(endpoint, account?.name), call),
    headers: {},
  };
}

function decideModelCall(
  deps: HandlerDeps,
  call: Call,
  account: SimulatedAccount,
  endpoint: 'responses' | 'compact',
): Outcome {
  const { body } = call;
  const now = deps.clock.now();
  const headers = modelCallHeaders(account, call.headers, now);
  const rejection = requestRejection(endpoint, account, call.headers, body) ?? accountRejection(account, now);
  if (rejection) {
    const answer = refused({ ...rejection, headers: { ...headers, ...rejection.headers } });
    return { ordinary: () => answer, reply: undefined, headers };
  }
  const directives = parseDirectives(lastUserText(body));
  const scripted = deps.scripts.take(endpoint, account.name) ?? directedFault(directives, account);
  const ordinary = () =>
    endpoint === 'compact'
      ? answerCompact(account, headers)
      : answerResponses(account, body, directives, headers, deps);
  return { ordinary, reply: namedReply(deps, scripted, call), headers };
}

function directedFault({ fault }: Directives, account: SimulatedAccount): string | undefined {
  return fault && (fault.account === undefined || fault.account === account.name) ? fault.name : undefined;
}

/** A fault's name as a reply; an unknown name is told in the answer rather than swallowed. */
function namedReply(deps: HandlerDeps, scripted: Reply | string | undefined, call: Call): Reply | undefined {
  if (typeof scripted !== 'string') return scripted;
  if (!isFaultName(scripted))
    return { kind: 'fixed', status: 400, body: { detail: `The simulator knows no fault '${scripted}'` } };
  const context = {
    now: deps.clock.now(),
    plan: call.account?.plan ?? 'unknown',
    model: textOr(call.body['model'], ''),
  };
  return faultReply(scripted, context);
}

function answerOther(deps: HandlerDeps, call: Call): Answer {
  const { endpoint, account, body, url } = call;
  switch (endpoint) {
    case 'token':
      return deps.oauth.token(body);
    case 'revoke':
      return deps.oauth.revoke(body);
    case 'authorize':
      return deps.oauth.authorize(url, account);
    case 'device-usercode':
      return deps.oauth.deviceUserCode();
    case 'device-token':
      return deps.oauth.deviceToken(body);
    default:
      return account ? answerForAccount(endpoint, account, call, deps.clock.now()) : refused(detail('Not Found', 404));
  }
}

function answerForAccount(endpoint: Endpoint, account: SimulatedAccount, call: Call, now: number): Answer {
  switch (endpoint) {
    case 'models':
      return answerModels(account, call.url, call.headers);
    case 'usage':
      return answerUsage(account, now);
    case 'accounts-check':
      return answerAccountsCheck(account);
    default:
      return plain({ detail: 'Not Found' }, 404);
  }
}
