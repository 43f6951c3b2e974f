import { z } from 'zod';
import { parseKey } from './core/secret-box.ts';

/**
 * The environment: every variable the program reads, its default and its meaning stand here and nowhere else.
 * `.env.example` and the README's table are written from this file (`bun run docs`).
 */

const text = z.string().trim();
const flag = z
  .enum(['true', 'false', '1', '0', 'yes', 'no'], { error: 'must be true or false' })
  .transform((value) => value === 'true' || value === '1' || value === 'yes');
const integer = (min: number, max: number) =>
  z
    .string()
    .trim()
    .regex(/^\d+$/, 'must be a whole number')
    .transform(Number)
    .refine((value) => value >= min && value <= max, `must be between ${min} and ${max}`);
const milliseconds = integer(1, 2 ** 31 - 1);
const httpUrl = text
  .refine(
    (value) => URL.canParse(value) && /^https?:$/.test(new URL(value).protocol),
    'must be an http:// or https:// URL',
  )
  .transform((value) => value.replace(/\/+$/, ''));
const proxyUrl = text.refine(
  (value) => URL.canParse(value) && /^(https?|socks5h?):$/.test(new URL(value).protocol),
  'must be an http://, https:// or socks5:// URL',
);

const unitMs: Record<string, number> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const duration = text
  .regex(/^\d+[smhd]?$/, 'must be a number of seconds or a number with one of s, m, h, d')
  .transform((value) => Number.parseInt(value, 10) * (unitMs[value.at(-1) ?? ''] ?? 1_000));

const sizeUnits: Record<string, number> = { K: 1024, M: 1024 ** 2, G: 1024 ** 3 };
const size = text
  .regex(/^\d+[KMG]?$/i, 'must be a number of bytes or a number with one of K, M, G')
  .transform((value) => Number.parseInt(value, 10) * (sizeUnits[value.at(-1)?.toUpperCase() ?? ''] ?? 1));

export const strategyNames = ['round-robin', 'random', 'least-used', 'quota-aware'] as const;
export type StrategyName = (typeof strategyNames)[number];

interface Variable<S extends z.ZodType> {
  schema: S;
  /** The default as one would write it in `.env`; absent means unset. */
  fallback?: string;
  about: string;
  group: string;
  secret?: true;
}

const define = <S extends z.ZodType>(group: string, about: string, schema: S, fallback?: string): Variable<S> =>
  fallback === undefined ? { schema, about, group } : { schema, about, group, fallback };
const optional = <S extends z.ZodType>(group: string, about: string, schema: S): Variable<z.ZodOptional<S>> => ({
  schema: schema.optional(),
  about,
  group,
});

export const variables = {
  PORT: define('Server', 'Port to listen on; 0 takes any free one.', integer(0, 65_535), '3000'),
  HOST: define('Server', 'Address to listen on. `0.0.0.0` opens the gateway to the network.', text.min(1), '127.0.0.1'),
  CORS_ORIGINS: define(
    'Server',
    'Comma-separated browser origins that may call `/v1`; `*` for any. Empty: none.',
    text.transform((value) =>
      value
        .split(',')
        .map((origin) => origin.trim())
        .filter(Boolean),
    ),
    '',
  ),
  BODY_LIMIT: define(
    'Server',
    'Largest request body, before and after decompression, in bytes or with K, M, G.',
    size,
    '64M',
  ),
  MODELS_PUBLIC: define('Server', 'Whether `GET /v1/models` answers without a key.', flag, 'true'),
  LOG_LEVEL: define(
    'Server',
    '`trace`, `debug`, `info`, `warn`, `error`, `fatal` or `silent`.',
    z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']),
    'info',
  ),

  DATABASE_PATH: define('Data', 'SQLite file; its folder is made when missing.', text.min(1), './database/app.db'),
  ENCRYPTION_KEY: {
    ...optional(
      'Data',
      'Key that encrypts stored tokens: 32 bytes as base64 or hex. Unset: a 0600 file beside the database.',
      text.refine(
        (value) => parseKey(value) !== undefined,
        'must be 32 bytes as base64 or hex. Make one with: openssl rand -base64 32',
      ),
    ),
    secret: true as const,
  },
  MODELS_FILE: optional('Data', 'Model table to use instead of the built-in `models.json`.', text.min(1)),
  LOG_RETENTION_DAYS: define(
    'Data',
    'Days to keep request log rows; totals stay for ever. 0 keeps all rows.',
    integer(0, 36_500),
    '90',
  ),
  RESPONSES_TTL: define(
    'Data',
    'How long answers are kept for `previous_response_id`, in seconds or with s, m, h, d. 0 turns it off.',
    duration,
    '7d',
  ),
  RESPONSES_MAX_BYTES: define(
    'Data',
    'Most space those answers may take, in bytes or with K, M, G; the oldest go first.',
    size,
    '256M',
  ),

  ADMIN_USERNAME: define('Administrator', 'Name of the first administrator made by `init-db`.', text.min(1), 'admin'),
  ADMIN_PASSWORD: {
    ...optional(
      'Administrator',
      'Password of the first administrator. Unset: a random one, printed once.',
      z.string().min(8, 'must have at least 8 characters'),
    ),
    secret: true as const,
  },
  SESSION_SECRET: {
    ...optional(
      'Administrator',
      'Kept for the predecessor’s `.env`; sessions are random ids in the database and need no secret.',
      text,
    ),
    secret: true as const,
  },

  LOAD_BALANCE_STRATEGY: define(
    'Accounts',
    '`round-robin`, `random`, `least-used` or `quota-aware`. The stored setting, if any, wins.',
    z.enum(strategyNames),
    'round-robin',
  ),
  AFFINITY: define(
    'Accounts',
    'Keep a conversation on its account while that is healthy. The stored setting, if any, wins.',
    flag,
    'true',
  ),
  MAX_ATTEMPTS: define('Accounts', 'Most upstream calls for one request before any output.', integer(1, 50), '6'),
  ACQUIRE_TIMEOUT_MS: define(
    'Accounts',
    'How long a request waits for a free place when every account is at its concurrency cap.',
    integer(0, 2 ** 31 - 1),
    '5000',
  ),

  CODEX_BASE_URL: define('Upstream', 'Base of the Codex backend.', httpUrl, 'https://chatgpt.com/backend-api/codex'),
  CODEX_USAGE_URL: optional(
    'Upstream',
    'Quota endpoint. Unset: derived from `CODEX_BASE_URL` (`…/backend-api/wham/usage`).',
    httpUrl,
  ),
  OAUTH_ISSUER: define(
    'Upstream',
    'Sign-in server; the token endpoint is `$OAUTH_ISSUER/oauth/token`.',
    httpUrl,
    'https://auth.openai.com',
  ),
  CODEX_CLIENT_VERSION: define(
    'Upstream',
    'Protocol version to announce; the backend lists and serves models by it.',
    text.regex(/^\d+\.\d+\.\d+$/, 'must be a three-part version'),
    '0.169.0',
  ),
  CODEX_USER_AGENT: optional(
    'Upstream',
    'User agent towards the backend. Unset: made from originator, version and this program’s own name.',
    text.min(1),
  ),
  CODEX_ORIGINATOR: define(
    'Upstream',
    'Originator header towards the backend.',
    text.regex(/^[\x21-\x7e ]+$/, 'must be printable ASCII'),
    'codex_cli_rs',
  ),
  HTTP_PROXY: {
    ...optional('Upstream', 'Outbound proxy for http:// URLs (http, https or socks5).', proxyUrl),
    secret: true as const,
  },
  HTTPS_PROXY: { ...optional('Upstream', 'Outbound proxy for https:// URLs.', proxyUrl), secret: true as const },
  ALL_PROXY: {
    ...optional('Upstream', 'Outbound proxy for both when the specific one is unset.', proxyUrl),
    secret: true as const,
  },
  NO_PROXY: define(
    'Upstream',
    'Comma-separated hosts that are called directly; an account’s own proxy is used all the same.',
    text,
    '',
  ),

  CONNECT_TIMEOUT_MS: define('Deadlines', 'Reaching the upstream host.', milliseconds, '10000'),
  HEADERS_TIMEOUT_MS: define('Deadlines', 'From the request to the upstream’s status line.', milliseconds, '60000'),
  IDLE_TIMEOUT_MS: define('Deadlines', 'Longest silence inside an upstream stream.', milliseconds, '600000'),
  TOTAL_TIMEOUT_MS: define('Deadlines', 'Longest upstream answer as a whole.', milliseconds, '3600000'),
  CONTROL_TIMEOUT_MS: define('Deadlines', 'Refresh, quota and model-list calls as a whole.', milliseconds, '30000'),
  BODY_TIMEOUT_MS: define('Deadlines', 'Receiving a client’s request body.', milliseconds, '120000'),
  KEEPALIVE_MS: define(
    'Deadlines',
    'Silence towards a streaming client after which a keep-alive is sent.',
    milliseconds,
    '10000',
  ),
  SHUTDOWN_TIMEOUT_MS: define(
    'Deadlines',
    'How long running requests may finish after SIGTERM or SIGINT.',
    integer(0, 2 ** 31 - 1),
    '30000',
  ),
} as const;

export type VariableName = keyof typeof variables;
export type Env = Readonly<{ [Name in VariableName]: z.output<(typeof variables)[Name]['schema']> }>;

/** All bad variables at once, one line each, so that a mistaken `.env` is mended in one go. */
export class EnvError extends Error {
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    super(
      `The configuration has ${problems.length === 1 ? 'a mistake' : `${problems.length} mistakes`}:\n${problems.map((problem) => `  ${problem}`).join('\n')}`,
    );
    this.name = 'EnvError';
    this.problems = problems;
  }
}

/** Reads the variables out of `source` (lower-case proxy names count too); throws {@link EnvError}. Empty means unset. */
export function parseEnv(source: Readonly<Record<string, string | undefined>>): Env {
  const problems: string[] = [];
  const values: Record<string, unknown> = {};
  for (const [name, variable] of Object.entries(variables) as [VariableName, Variable<z.ZodType>][]) {
    const raw = source[name] || (name.endsWith('_PROXY') ? source[name.toLowerCase()] : undefined) || variable.fallback;
    const result = variable.schema.safeParse(raw);
    if (result.success) values[name] = result.data;
    else
      problems.push(
        `${name}: ${result.error.issues[0]?.message ?? 'is not valid'}${variable.secret ? '' : ` (it is ${JSON.stringify(raw ?? '')})`}`,
      );
  }
  if (problems.length > 0) throw new EnvError(problems);
  return Object.freeze(values) as Env;
}
