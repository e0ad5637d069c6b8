import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createCsv } from '../../services/catalogue/reads/csv.ts';

/** Writes rows as CSV as they come, to a file or, if `to` is "-", to standard output. */
export async function writeCsv(
  rows: AsyncIterable<Record<string, string | number>> | Iterable<Record<string, string | number>>,
  columns: readonly string[],
  to: string,
): Promise<void> {
  const isFile = to !== '-';
  await pipeline(Readable.from(rows), createCsv(columns, { isFile }), isFile ? createWriteStream(to) : process.stdout, {
    end: isFile,
  });
}
