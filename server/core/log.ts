import pino from 'pino';

export type Log = pino.Logger;
export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';

/** Anything that looks like one of our or OpenAI's secrets, wherever it stands in a text. */
const secretShapes =
  /\b(?:sk-[A-Za-z0-9_-]{8,}|rt_[A-Za-z0-9_.-]{8,}|eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]*)?|gAAAA[A-Za-z0-9_=-]{16,})/g;

/** `text` with every secret-looking word replaced by `[redacted]`. */
export function redact(text: string): string {
  return text.replace(secretShapes, '[redacted]');
}

const secretFields = [
  'access_token',
  'refresh_token',
  'id_token',
  'accessToken',
  'refreshToken',
  'idToken',
  'authorization',
  'key',
  'password',
  'proxyUrl',
];

/** JSON lines on standard error; secrets are cut out by field name and by shape. Standard output stays for command results. */
export function createLog(level: LogLevel): Log {
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: secretFields.flatMap((field) => [field, `*.${field}`]), censor: '[redacted]' },
    },
    { write: (line: string) => void process.stderr.write(redact(line)) },
  );
}
