import type { Seat } from '../../../services/purchase/seats/purchase.ts';
import type { Inventory } from '../../../services/shared/inventory/inventory.ts';
import type { TicketInRedis } from '../../../services/shared/inventory/order.ts';
import { foldRow } from '../../../services/shared/inventory/zone-layout.ts';
import { rowLabel } from '../../../services/shared/terms/row-label.ts';

/** A seat with its position in its zone, from 1, the index of its category, and its kind: '.', 'w' or 'c'. */
export type Place = { seat: Seat; row: number; column: number; category: number; kind: string };

/** A seat's name: its zone, row and column. */
export const seatName = ({ zoneId, row = '', column = '' }: Pick<TicketInRedis, 'zoneId' | 'row' | 'column'>) =>
  `${zoneId}/${foldRow(row)}/${column}`;

type Places = { byName: ReadonlyMap<string, Place>; inZone(zoneId: number): Place[] };

const known = new WeakMap<Inventory, Places>();

/** The seats of an inventory, row by row. */
export function placesOf(inventory: Inventory): Places {
  const places = known.get(inventory) ?? readPlaces(inventory);
  known.set(inventory, places);
  return places;
}

function readPlaces({ zones }: Inventory): Places {
  const all = zones.flatMap(({ zoneId, grid, rows }) => {
    const { rows: height = 0, columns = 0 } = grid ?? {};
    const labels = rows ?? Array.from({ length: height }, (_, row) => ({ label: rowLabel(row + 1), seats: numbers(columns) }));
    return labels.flatMap(({ label, seats, ...row }, at) =>
      seats.flatMap((column, position): Place[] => {
        const { categories, kinds } = row as { categories?: number[]; kinds?: string };
        const rest = { row: at + 1, column: position + 1, category: categories?.[position] ?? 0, kind: kinds?.[position] ?? '.' };
        return column === '' ? [] : [{ seat: { zoneId, row: label, column }, ...rest }];
      }),
    );
  });
  const byZone = Map.groupBy(all, ({ seat }) => seat.zoneId);
  return { byName: new Map(all.map((place) => [seatName(place.seat), place])), inZone: (zoneId) => byZone.get(zoneId) ?? [] };
}

const numbers = (count: number) => Array.from({ length: count }, (_, at) => at + 1);

/** Splits places, listed row by row, into runs of neighbours. */
export function runsOf<P extends Pick<Place, 'row' | 'column'>>(places: P[]): P[][] {
  const runs: P[][] = [];
  for (const place of places) {
    const last = runs.at(-1)?.at(-1);
    if (last && last.row === place.row && last.column === place.column - 1) runs.at(-1)?.push(place);
    else runs.push([place]);
  }
  return runs;
}
