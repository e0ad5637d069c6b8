/** @typedef {{ zoneId: number, row: string, column: number | string }} Seat `column`: the seat's label in its row */

/**
 * Row letters as in the API: 1 is A, 26 is Z, 27 is AA.
 * @param {number} number
 * @returns {string}
 */
export function rowLabel(number) {
  const rest = Math.floor((number - 1) / 26);
  return (rest > 0 ? rowLabel(rest) : '') + String.fromCharCode(65 + ((number - 1) % 26));
}

/** @typedef {{ zoneId: number, rows: number | null, columns: number | null, isHall: boolean, price?: string | null }} Zone of the catalogue */

/**
 * Returns the catalogue's zones that have seats.
 * @param {Zone[]} zones
 */
export const seatedZones = (zones) => zones.filter(({ rows }) => rows !== null).map(({ zoneId }) => ({ zoneId }));

/**
 * Returns the catalogue's zones whose rows have letters and whose seats have numbers.
 * @param {Zone[]} zones
 */
export const gridZones = (zones) =>
  zones.filter(({ rows, isHall }) => rows !== null && !isHall).map(({ zoneId, rows, columns }) => ({ zoneId, rows, columns }));

/**
 * Returns the seat of a grid with this number. Seats are numbered from 0 by zone, row and column, and wrap around after the last.
 * @param {{ zoneId: number, rows: number, columns: number }[]} zones
 * @param {number} number
 * @returns {Seat}
 */
export function seatAt(zones, number) {
  const total = zones.reduce((sum, { rows, columns }) => sum + rows * columns, 0);
  let rest = number % total;
  for (const { zoneId, rows, columns } of zones) {
    if (rest < rows * columns) return { zoneId, row: rowLabel(Math.floor(rest / columns) + 1), column: (rest % columns) + 1 };
    rest -= rows * columns;
  }
  throw new Error('There are no zones whose rows are A, B, … and whose seats are 1, 2, …');
}

/**
 * Returns the free seats in a zone's map, which the query service returns with form=rows.
 * @param {{ zoneId: number, rows: { row: string, seats: string, labels?: string[] }[] }} map
 * @returns {Seat[]}
 */
export function freeSeats({ zoneId, rows }) {
  return rows.flatMap(({ row, seats, labels }) =>
    Array.from(seats).flatMap((seat, at) => (seat === '.' ? [{ zoneId, row, column: labels ? labels[at] : at + 1 }] : [])),
  );
}
