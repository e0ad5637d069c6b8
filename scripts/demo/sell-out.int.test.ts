import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createSeats } from '../../services/purchase/seats/create-seats.ts';
import type { BestPlaces, ChosenSeat, SeatRequest } from '../../services/purchase/seats/purchase.ts';
import { isSet } from '../../services/shared/basics/bits.ts';
import { type Inventory, readInventory } from '../../services/shared/inventory/inventory.ts';
import type { Promotion } from '../../services/shared/inventory/offer.ts';
import type { OrderInRedis, TicketInRedis } from '../../services/shared/inventory/order.ts';
import { parseEventFile } from '../../services/shared/inventory/plan/event-file.ts';
import { readSeatMap } from '../../services/shared/inventory/read-seats.ts';
import { bitInZone, findSeat, type SeatName, seatAt, type ZoneInventory } from '../../services/shared/inventory/zone-layout.ts';
import { assertConserved } from '../testing/conservation.ts';
import { patiently } from '../testing/patiently.ts';
import { createRandom, type Random } from '../testing/random.ts';
import { connectPatiently, openTestEvent } from '../testing/stores.ts';

const buyers = 500;
const pastMs = Date.UTC(2026, 0, 1);

/** A crowd may wait longer for its turn than a buyer would. */
const redis = await connectPatiently(60_000);
const seats = createSeats({ redis });

/** A seat of a hall as its event file describes it. */
type FileSeat = SeatName & { category: string | undefined; kind: string };

const nameOf = ({ row = '', column = '' }: Partial<SeatName>) => `${row} ${column}`;

function seatsOf(zone: ZoneInventory): FileSeat[] {
  const blocked = new Set(zone.blocked?.map(nameOf));
  return (zone.rows ?? []).flatMap(({ seats: labels, categories, kinds }, rowAt) =>
    labels.flatMap((_label, at): FileSeat[] => {
      const name = seatAt(zone, { row: rowAt + 1, column: at + 1 });
      if (!name || blocked.has(nameOf(name))) return [];
      return [{ ...name, category: zone.categories?.[categories?.[at] ?? 0], kind: kinds?.[at] ?? '.' }];
    }),
  );
}

/** Opens the event of a demo file as one of the test's own, on sale now. */
async function openDemo(file: string): Promise<Inventory> {
  const { inventory } = parseEventFile(readFileSync(join(import.meta.dirname, file), 'utf8'));
  const { eventId: _eventId, venueId: _venueId, offSaleAtMs: _offSaleAtMs, ...rest } = inventory;
  return await openTestEvent({ ...rest, onSaleAtMs: pastMs });
}

/** What buyers believe to be left of a zone: other purchases may be under way. */
type Left = { zone: ZoneInventory; seats: Map<string, FileSeat>; places: number };

const isLeft = ({ seats, places }: Left) => seats.size + places > 0;

/** A request as one of the crowd might send it: the best places, chosen seats, a wheelchair place with its companion's, or several together. */
function wish(lefts: Left[], { ticketTypes }: { ticketTypes: string[] }, random: Random): SeatRequest {
  const left = random.pick(lefts.filter(isLeft));
  const { zoneId } = left.zone;
  const typed = (count: number): Pick<BestPlaces, 'ticketTypes'> =>
    ticketTypes.length > 0 && random.chance(0.3)
      ? { ticketTypes: Array.from({ length: count }, () => random.pick(ticketTypes)) }
      : {};
  const best = (quantity: number, others: Partial<BestPlaces> = {}): BestPlaces => ({
    zoneId,
    quantity,
    split: random.chance(0.5),
    ...typed(quantity),
    ...others,
  });
  if (left.places > 0) return best(random.between(1, Math.min(6, left.places)));
  const free = [...left.seats.values()];
  const chosen = (count: number): ChosenSeat[] =>
    random
      .shuffled(free.slice(0, 40))
      .slice(0, count)
      .map(({ row, column }) => ({ zoneId, row, column }));
  // Near the end, only choosing finds the single seats and wheelchair places that are left.
  if (free.length < 6 || random.chance(0.3)) return { seats: chosen(random.between(1, 4)) };
  if (random.chance(0.1) && free.some(({ kind }) => kind === 'w')) return best(random.between(1, 2), { accessible: true });
  const standing = lefts.find(({ places }) => places > 0);
  if (standing && random.chance(0.1)) {
    return { items: [...chosen(2), { zoneId: standing.zone.zoneId, quantity: 1, split: false }] };
  }
  return best(random.between(1, 6), random.chance(0.2) ? { sameCategory: true } : {});
}

/** 500 buyers, each of whom buys again under another name, until nothing is left. Returns all orders with their requests. */
async function sellOut(event: Inventory, random: Random) {
  const sold: { request: SeatRequest; order: OrderInRedis }[] = [];
  const lefts = event.zones.map((zone): Left => {
    const free = seatsOf(zone);
    return { zone, seats: new Map(free.map((seat) => [nameOf(seat), seat])), places: zone.grid ? 0 : zone.capacity };
  });
  const ticketTypes = event.offer?.ticketTypes.map(({ ticketTypeId }) => ticketTypeId) ?? [];
  const { eventId, venueId } = event;
  let buyer = 0;
  const buy = async () => {
    while (lefts.some(isLeft)) {
      const request = wish(lefts, { ticketTypes }, random);
      const outcome = await patiently(() => seats.sell({ eventId, venueId, buyerId: `buyer-${buyer++}`, request }));
      if (outcome.kind === 'refused') {
        expect(mayRefuse, JSON.stringify({ request, outcome })).toContain(outcome.code);
        continue;
      }
      sold.push({ request, order: outcome.order });
      for (const ticket of outcome.order.tickets) {
        const left = lefts.find(({ zone }) => zone.zoneId === ticket.zoneId);
        if (left && ticket.row === undefined) left.places--;
        else left?.seats.delete(nameOf(ticket));
      }
    }
  };
  await Promise.all(Array.from({ length: buyers }, buy));
  return sold;
}

/** Others were faster; or no seat is left for a wish, which another wish may have. */
const mayRefuse = ['SEAT_TAKEN', 'SOLD_OUT', 'NO_ADJACENT_SEATS', 'TICKET_TYPE_NOT_FOUND', 'TICKET_TYPE_SOLD_OUT'];

it.each([
  ['sports-hall.json', 1_252, 9],
  ['opera.json', 767, 7],
  ['cinema.json', 238, 2],
  ['dinner.json', 174, 8],
  ['standing-arena.json', 20_209, 4],
])('a crowd of 500 buys every seat of %s exactly once', async (file, capacity, blockedSeats) => {
  const event = await openDemo(file);
  const orders = await sellOut(event, createRandom(1, file));
  const tickets = orders.flatMap(({ order }) => order.tickets);
  expect(tickets).toHaveLength(capacity - blockedSeats);

  for (const zone of event.zones) {
    const here = tickets.filter(({ zoneId }) => zoneId === zone.zoneId);
    if (!zone.grid) {
      expect(here).toHaveLength(zone.capacity);
      continue;
    }
    const inFile = new Map(seatsOf(zone).map((seat) => [nameOf(seat), seat]));
    expect(here.map(nameOf).toSorted()).toEqual([...inFile.keys()].toSorted());
    if (zone.categories) for (const ticket of here) expect(ticket.category).toBe(inFile.get(nameOf(ticket))?.category);
  }
  expectTypesAndPromotions(event, tickets);
  expectAccessibleOnlyIfAsked(event, orders);

  const inventory = await readInventory(redis, event.eventId);
  const map = await readSeatMap(redis, event.eventId);
  for (const { zoneId, grid, rows, capacity: all, blocked = [] } of event.zones) {
    const shown = map?.zones.get(zoneId);
    expect(shown).toMatchObject({ sold: all - blocked.length, held: 0, available: 0 });
    expect(inventory?.sold.get(zoneId)).toBe(all - blocked.length);
    if (!grid || !rows) continue;
    const ofZone = tickets.filter((ticket) => ticket.zoneId === zoneId);
    for (const name of [...ofZone, ...blocked]) {
      const found = findSeat({ grid, rows }, { row: name.row ?? '', column: name.column ?? 0 });
      expect(found && isSet(shown?.seats?.taken ?? Buffer.alloc(0), bitInZone(grid, found)), nameOf(name)).toBe(true);
    }
  }
  expect(
    await seats.sell({ eventId: event.eventId, buyerId: 'late', request: { zoneId: 1, quantity: 1, split: false } }),
  ).toMatchObject({ kind: 'refused', code: 'SOLD_OUT', detail: '0 left' });
  await assertConserved(redis, event.eventId);
});

/** Limits hold, and an automatic promotion is for exactly as many tickets as it says. */
function expectTypesAndPromotions({ offer }: Inventory, tickets: TicketInRedis[]): void {
  for (const { ticketTypeId, limit } of offer?.ticketTypes ?? []) {
    const count = tickets.filter(({ ticketType }) => ticketType === ticketTypeId).length;
    expect(count).toBeGreaterThan(0);
    if (limit !== undefined) expect(count).toBeLessThanOrEqual(limit);
  }
  const automatic: Promotion[] = offer?.promotions.filter(({ isAutomatic }) => isAutomatic) ?? [];
  for (const { promotionId, tickets: first } of automatic) {
    expect(tickets.filter(({ promotion }) => promotion === promotionId)).toHaveLength(first ?? 0);
  }
}

/** Nobody who asks for the best seats gets a wheelchair user's or a companion's place. */
function expectAccessibleOnlyIfAsked(event: Inventory, orders: { request: SeatRequest; order: OrderInRedis }[]): void {
  const special = new Set(
    event.zones.flatMap((zone) => seatsOf(zone).flatMap((seat) => (seat.kind === '.' ? [] : [`${zone.zoneId} ${nameOf(seat)}`]))),
  );
  for (const { request, order } of orders) {
    if (!('quantity' in request) || request.accessible) continue;
    for (const ticket of order.tickets) expect(special).not.toContain(`${ticket.zoneId} ${nameOf(ticket)}`);
  }
}
