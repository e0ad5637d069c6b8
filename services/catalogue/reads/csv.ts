import { stringify } from 'csv-stringify';

/** A semicolon that a formula may follow. In many countries spreadsheets divide CSV at semicolons, even within quotes. */
const beforeFormula = /;(?=\s*[=+\-@＝＋－＠])/g;

/**
 * A stream that turns rows into CSV (RFC 4180). A text that a spreadsheet would run as a formula gets an apostrophe before it. A file should
 * begin with a byte-order mark, without which Excel misreads letters beyond ASCII.
 */
export const createCsv = (columns: readonly string[], { isFile }: { isFile: boolean }) =>
  stringify({
    header: true,
    columns: [...columns],
    escape_formulas: true,
    cast: { string: (text) => text.replace(beforeFormula, ";'") },
    bom: isFile,
  });
