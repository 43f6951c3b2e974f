import { z } from 'zod';
import { type Answer, plain, refused } from './answer.ts';
import { isFaultName } from './faults.ts';
import type { JsonObject } from './json.ts';
import type { QuotaWindow } from './quota.ts';
import { detail } from './rejection.ts';
import type { Script } from './script.ts';
import type { Simulator } from './simulator.ts';

/**
 * Levers for people and programs outside the process:
 * - `GET /_sim/state`: accounts, counters and the recent calls.
 * - `POST /_sim/script`: one script or a list of them; a reply, or the name of a fault.
 * - `POST /_sim/account/NAME`: change an account, e.g. `{"windows":{"primary":{"usedPercent":100}}}`.
 * - `POST /_sim/device/CODE`: `{"account":"NAME"}` approves a device sign-in.
 */

const percent = z.number().min(0).max(100);
const window = z.strictObject({
  usedPercent: percent.exactOptional(),
  windowMinutes: z.int().positive().exactOptional(),
  /** Epoch milliseconds. */
  resetAt: z.number().exactOptional(),
});

const accountChange = z.strictObject({
  windows: z
    .strictObject({
      primary: window.nullable().exactOptional(),
      secondary: window.nullable().exactOptional(),
      credits: z
        .strictObject({
          hasCredits: z.boolean().exactOptional(),
          unlimited: z.boolean().exactOptional(),
          balance: z.string().exactOptional(),
        })
        .exactOptional(),
    })
    .exactOptional(),
  models: z.array(z.string()).exactOptional(),
  plan: z.string().exactOptional(),
  deactivated: z.boolean().exactOptional(),
  routing: z.strictObject({ override: z.string().exactOptional(), origin: z.string().exactOptional() }).exactOptional(),
  expireAccessToken: z.literal(true).exactOptional(),
  revokeSession: z.literal(true).exactOptional(),
  signIn: z.literal(true).exactOptional(),
});

const headers = z.record(z.string(), z.string()).optional();
const event = z.union([z.looseObject({ type: z.string() }), z.string()]);
const ending = z.enum(['end', 'cut', 'reset', 'stall']).optional();
const delayMs = z.number().nonnegative().optional();
const reply = z.union([
  z.string().refine(isFaultName, 'is not the name of a fault'),
  z.discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('fixed'),
      status: z.int().min(200).max(599),
      headers,
      body: z.unknown().optional(),
    }),
    z.strictObject({ kind: z.literal('stream'), headers, events: z.array(event).optional(), delayMs, ending }),
    z.strictObject({
      kind: z.literal('answer'),
      headers,
      keep: z.int().nonnegative().optional(),
      events: z.array(event).optional(),
      delayMs,
      ending,
    }),
    z.strictObject({ kind: z.literal('silence') }),
    z.strictObject({ kind: z.literal('reset') }),
  ]),
]);
const script = z.strictObject({
  endpoint: z
    .enum([
      'responses',
      'compact',
      'models',
      'usage',
      'accounts-check',
      'token',
      'revoke',
      'device-usercode',
      'device-token',
    ])
    .optional(),
  account: z.string().optional(),
  times: z.int().positive().optional(),
  reply,
});
const scripts = z.union([script, z.array(script)]);

const recentCalls = 100;

export const controlPrefix = '/_sim/';

/** Answers a call under {@link controlPrefix}. */
export function answerControl(simulator: Simulator, method: string, path: string, body: unknown): Answer {
  const [what = '', subject = ''] = path.slice(controlPrefix.length).split('/').map(decodeURIComponent);
  if (method === 'GET' && what === 'state') return plain(stateOf(simulator));
  if (method !== 'POST') return refused(detail('Not Found', 404));
  switch (what) {
    case 'script':
      return withParsed(scripts, body, (steps) => {
        simulator.script(steps satisfies Script | Script[]);
        return plain({ waiting: simulator.waitingScripts });
      });
    case 'account':
      return withParsed(accountChange, body, (change) => changeAccount(simulator, subject, change));
    case 'device':
      return withParsed(z.strictObject({ account: z.string() }), body, ({ account }) =>
        simulator.approveDeviceCode(subject, account)
          ? plain({ approved: true })
          : refused(detail('Unknown code or account', 404)),
      );
    default:
      return refused(detail('Not Found', 404));
  }
}

function withParsed<S extends z.ZodType>(schema: S, body: unknown, use: (value: z.output<S>) => Answer): Answer {
  const parsed = schema.safeParse(body);
  return parsed.success ? use(parsed.data) : refused(detail(z.prettifyError(parsed.error)));
}

function changeAccount(simulator: Simulator, name: string, change: z.output<typeof accountChange>): Answer {
  const account = simulator.accounts.get(name);
  if (!account) return refused(detail(`There is no account ${name}`, 404));
  if (change.windows) account.setWindows(change.windows);
  if (change.models) account.setModels(change.models);
  if (change.plan !== undefined) account.setPlan(change.plan);
  if (change.deactivated !== undefined) account.setDeactivated(change.deactivated);
  if (change.routing) account.setRouting(change.routing);
  if (change.expireAccessToken) account.expireAccessToken();
  if (change.revokeSession) account.revokeSession();
  if (change.signIn) account.signIn();
  return plain(accountState(simulator, name));
}

/** Everything about an account but its tokens. */
function accountState(simulator: Simulator, name: string): JsonObject {
  const account = simulator.accounts.get(name);
  if (!account) return {};
  const { accountId, userId, email, plan, models, quota, isDeactivated, routing } = account;
  const times = (slot: QuotaWindow | null) => slot && { ...slot, resetAt: new Date(slot.resetAt).toISOString() };
  const windows = { ...quota, primary: times(quota.primary), secondary: times(quota.secondary) };
  return {
    name,
    accountId,
    userId,
    email,
    plan,
    models,
    windows,
    isDeactivated,
    routing,
    refreshes: simulator.refreshCount(name),
  };
}

function stateOf(simulator: Simulator): JsonObject {
  return {
    accounts: [...simulator.accounts.keys()].map((name) => accountState(simulator, name)),
    openConnections: simulator.openConnections,
    waitingScripts: simulator.waitingScripts,
    refreshes: simulator.refreshCount(),
    requests: simulator.requests.slice(-recentCalls).map(({ headers: _headers, body: _body, ...summary }) => summary),
  };
}
