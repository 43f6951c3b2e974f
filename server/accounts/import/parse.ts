import type { AccountDraft, RejectionCode } from './draft.ts';
import { labelOf, readRecord, recordsOf } from './formats.ts';
import { scanJson } from './scan.ts';

/** What became of one item of a file; `index` counts from 0. Labels and reasons never hold a token. */
export type ParsedItem =
  | { index: number; label: string; outcome: 'draft'; draft: AccountDraft }
  | { index: number; label: string; outcome: 'rejected'; code: RejectionCode; reason: string };

/** Every account in `text`, whatever its format. An item that cannot be read is rejected alone. */
export function parseAccounts(text: string): ParsedItem[] {
  const items: ParsedItem[] = [];
  for (const piece of scanJson(text)) {
    if (piece.isBroken) {
      items.push({
        index: items.length,
        label: `line ${piece.line}`,
        outcome: 'rejected',
        code: 'not_json',
        reason: `line ${piece.line} is not valid JSON`,
      });
      continue;
    }
    for (const record of recordsOf(piece.value)) items.push(readItem(record, items.length));
  }
  if (items.length > 0) return items;
  return [{ index: 0, label: 'item 1', outcome: 'rejected', code: 'empty', reason: 'there is no account in it' }];
}

function readItem(record: unknown, index: number): ParsedItem {
  const reading = readRecord(record);
  if ('rejection' in reading)
    return { index, label: labelOf(record, index), outcome: 'rejected', ...reading.rejection };
  const { draft } = reading;
  return { index, label: labelOf(record, index, draft.email), outcome: 'draft', draft };
}
