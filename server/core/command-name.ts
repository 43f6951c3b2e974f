/** Compiled programs run from a file system of their own (`/$bunfs/`, on Windows `B:\~BUN\`). */
const isBinary = /^(?:\/\$bunfs\/|B:[\\/]~BUN)/.test(Bun.main);

/** How this program is called on a command line: what a message says to run must work as it stands. */
export const commandName = isBinary ? 'gpt2api' : 'bun run cli';
