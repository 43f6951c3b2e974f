import { CliError, exitCodes } from './failure.ts';

/** The one row that `reference` means. Throws a CliError `not_found` (exit 3), or `ambiguous` with the ids to choose from. */
export function onlyOne<Row extends { id: string; name: string }>(
  what: string,
  reference: string,
  rows: readonly Row[],
): Row {
  const [row, ...others] = rows;
  if (!row) throw new CliError('not_found', `There is no ${what} ${JSON.stringify(reference)}.`, exitCodes.notFound);
  if (others.length > 0) {
    const ids = rows.map(({ id }) => id).join(', ');
    throw new CliError(
      'ambiguous',
      `${JSON.stringify(reference)} can mean ${rows.length} ${what}s; give an id: ${ids}`,
    );
  }
  return row;
}
