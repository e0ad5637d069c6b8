import { stripVTControlCharacters } from 'node:util';

/** Formats rows as lines with aligned columns; those in `right` are right-aligned. Cells may be styled (styleText). */
export function alignColumns(rows: string[][], right: number[] = []): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => widthOf(row[column]))));
  const pad = (cell: string, column: number) => {
    const space = ' '.repeat((widths[column] ?? 0) - widthOf(cell));
    return right.includes(column) ? space + cell : cell + space;
  };
  return rows.map((row) => row.map(pad).join('  ').trimEnd());
}

const widthOf = (cell = '') => stripVTControlCharacters(cell).length;
