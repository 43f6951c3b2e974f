import { liftFetchCap } from './fetch-cap.ts';

const command = process.argv.slice(2).find((argument) => !argument.startsWith('-'));
// Only what serves requests needs it (and doctor, which reports it); the other commands start faster without.
if (command === 'serve' || command === 'demo' || command === 'doctor') liftFetchCap();

const { run } = await import('./cli/program.ts');
process.exitCode = await run(process.argv.slice(2));
