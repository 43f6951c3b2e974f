import { readFileSync } from 'node:fs';
import builtIn from '../../models.json' with { type: 'text' };
import { loadModelTable, type ModelTable } from './table.ts';

/** The model table of `MODELS_FILE`, else the one this program was built with. Throws an Error that names the file. */
export function readModelTable(modelsFile: string | undefined): ModelTable {
  if (modelsFile === undefined) return loadModelTable(String(builtIn), 'models.json');
  let text: string;
  try {
    text = readFileSync(modelsFile, 'utf8');
  } catch (error) {
    throw new Error(`MODELS_FILE cannot be read: ${(error as Error).message}`, { cause: error });
  }
  return loadModelTable(text, modelsFile);
}
