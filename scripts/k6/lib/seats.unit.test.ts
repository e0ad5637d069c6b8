import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseEventFile } from '../../../services/shared/inventory/plan/event-file.ts';
import { rowLabel as ofServices } from '../../../services/shared/terms/row-label.ts';
import { freeSeats, gridZones, rowLabel, seatAt, seatedZones } from './seats.js';

describe('the seats that k6 asks for', () => {
  it('have the same row labels as in the services', () => {
    for (const number of [1, 26, 27, 52, 53, 702, 703, 18_278]) expect(rowLabel(number)).toBe(ofServices(number));
  });

  it('are each seat of each zone once, then the first again', () => {
    const zones = [
      { zoneId: 7, rows: 27, columns: 2 },
      { zoneId: 9, rows: 1, columns: 3 },
    ];
    const seats = Array.from({ length: 57 }, (_, number) => seatAt(zones, number));
    expect(new Set(seats.map((seat) => JSON.stringify(seat))).size).toBe(57);
    expect(seats[0]).toEqual({ zoneId: 7, row: 'A', column: 1 });
    expect(seats[53]).toEqual({ zoneId: 7, row: 'AA', column: 2 });
    expect(seats[56]).toEqual({ zoneId: 9, row: 'A', column: 3 });
    expect(seatAt(zones, 57)).toEqual(seats[0]);
  });

  it('exclude general admission, and halls if they are counted', () => {
    const zones = [
      { zoneId: 1, rows: 2, columns: 3, isHall: false, price: '1.00' },
      { zoneId: 2, rows: null, columns: null, isHall: false },
      { zoneId: 3, rows: 2, columns: 3, isHall: true, price: null },
    ];
    expect(seatedZones(zones)).toEqual([{ zoneId: 1 }, { zoneId: 3 }]);
    expect(gridZones(zones)).toEqual([{ zoneId: 1, rows: 2, columns: 3 }]);
  });

  it('are the ones that the map shows as free', () => {
    const rows = [
      { row: 'A', seats: 'x.x' },
      { row: 'B', seats: 'xx.' },
    ];
    expect(freeSeats({ zoneId: 4, rows })).toEqual([
      { zoneId: 4, row: 'A', column: 2 },
      { zoneId: 4, row: 'B', column: 3 },
    ]);
    const hall = [{ row: 'Loge 2', seats: '.x_.', labels: ['12A', '12B', '', '14'] }];
    expect(freeSeats({ zoneId: 4, rows: hall })).toEqual([
      { zoneId: 4, row: 'Loge 2', column: '12A' },
      { zoneId: 4, row: 'Loge 2', column: '14' },
    ]);
  });
});

describe('the k6 arena', () => {
  it('is a valid event file with 10,000 seats', () => {
    const { inventory } = parseEventFile(readFileSync(new URL('../arena.json', import.meta.url), 'utf8'));
    expect(inventory.zones.reduce((sum, { capacity }) => sum + capacity, 0)).toBe(10_000);
  });
});
