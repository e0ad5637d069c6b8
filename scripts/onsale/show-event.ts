import { type InventoryReport, readInventory } from '../../services/purchase/seats/inventory.ts';
import { readSales, type Sales } from '../../services/query/queries/sales.ts';
import type { Database } from '../../services/shared/database.ts';
import { formatMoney } from '../../services/shared/money.ts';
import type { RedisClient } from '../../services/shared/redis.ts';

/** What is known of an event, as text: its inventory by zone, and beside it what the projection has. */
export async function showEvent(db: Database, redis: RedisClient, eventId: string): Promise<string | undefined> {
  const [inventory, sales] = await Promise.all([readInventory(redis, eventId), readSales(db, eventId)]);
  if (!inventory && !sales) return undefined;
  return [
    ...(inventory ? inventoryLines(inventory) : [`${eventId} has no inventory in Redis`]),
    '',
    ...projectionLines(sales),
  ].join('\n');
}

function inventoryLines({ eventId, venueId, currency, onSaleAtMs, zones, sold, held, sequence }: InventoryReport): string[] {
  const rows = zones.map(({ zoneId, grid, capacity, priceMinor }) => {
    const [soldHere, heldHere] = [sold.get(zoneId) ?? 0, held.get(zoneId) ?? 0];
    const shape = grid ? `${grid.rows} × ${grid.columns}` : 'general admission';
    return [
      String(zoneId),
      shape,
      String(capacity),
      String(soldHere),
      String(heldHere),
      String(capacity - soldHere - heldHere),
      `${formatMoney(priceMinor, currency)} ${currency}`,
    ];
  });
  const total = (column: number) => String(rows.reduce((sum, row) => sum + Number(row[column]), 0));
  return [
    `${eventId} at ${venueId}, on sale from ${new Date(onSaleAtMs).toISOString()}, at domain event ${sequence}`,
    '',
    ...table([
      ['zone', 'shape', 'capacity', 'sold', 'held', 'available', 'price'],
      ...rows,
      ['total', '', total(2), total(3), total(4), total(5), ''],
    ]),
  ];
}

function projectionLines(sales: Sales | undefined): string[] {
  if (!sales) return ['MySQL does not know the event'];
  return [`In MySQL: ${sales.count} tickets, ${sales.totalRevenue} ${sales.currency}`];
}

function table(rows: string[][]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  return rows.map((row) => row.map((cell, column) => cell.padStart(widths[column] ?? 0)).join('  '));
}
