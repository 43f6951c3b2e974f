/**
 * Bun's fetch runs at most 256 requests at once in a process; more wait, for ever on a busy gateway. The bound is read
 * from the real environment before the program starts, so the program starts itself again with it set.
 */
const variable = 'BUN_CONFIG_MAX_HTTP_REQUESTS';
/** The most Bun accepts. */
const lifted = '65336';

export function isFetchCapLifted(): boolean {
  return Number(process.env[variable]) > 256;
}

/**
 * Replaces this process (same pid, arguments and descriptors) by one with the cap lifted; returns when that is not
 * needed or not possible on this system, which `/readyz` and `doctor` then report.
 */
export function liftFetchCap(): void {
  if (process.env[variable] !== undefined || process.platform === 'win32' || typeof process.execve !== 'function')
    return;
  // A compiled program has a made-up path in the place of its script.
  const isCompiled = Bun.main.startsWith('/$bunfs/');
  const script = isCompiled ? [] : [...process.execArgv, ...process.argv.slice(1, 2)];
  process.execve(process.execPath, [process.execPath, ...script, ...process.argv.slice(2)], {
    ...process.env,
    [variable]: lifted,
  });
}
