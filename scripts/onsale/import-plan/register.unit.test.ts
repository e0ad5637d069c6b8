import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it, vi } from 'vitest';
import { newCommand } from '../../terminal/command.ts';
import { registerImportPlan } from './register.ts';

const folder = mkdtempSync(join(tmpdir(), 'import-plan-'));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it('writes the event file with the prices given, says what is lost and missing, and never writes over a file', async () => {
  const [plan, out] = [join(folder, 'plan.json'), join(folder, 'event.json')];
  const seat = (seat_number: string, category: string) => ({
    seat_number,
    category,
    position: { x: 25 * Number(seat_number), y: 0 },
  });
  const seats = [seat('1', 'Stalls'), seat('2', 'Stalls'), seat('3', 'Box = C')];
  const zones = [{ name: 'Hall', position: { x: 0, y: 0 }, rows: [{ row_number: '1', seats }], areas: [{}] }];
  writeFileSync(plan, JSON.stringify({ name: 'Hall', categories: [{ name: 'Stalls' }, { name: 'Box = C' }], zones }));
  const said = vi.spyOn(console, 'error').mockImplementation(() => {});
  const run = async (...args: string[]) => {
    const program = newCommand('onsale', 'A test');
    registerImportPlan(program);
    await program.parseAsync(['import-plan', plan, ...args], { from: 'user' });
  };

  await run('--out', out, '--price', 'Box = C=12.50');
  expect(said.mock.calls.flat()).toEqual([
    'zone 1 "Hall": 1 row, 3 seats',
    '- 1 area left out',
    'Before "open" can open it, the file needs event.onSaleAt and event.currency, and a price for Stalls.',
  ]);
  expect(JSON.parse(readFileSync(out, 'utf8')).categories).toEqual([
    { categoryId: 'Stalls', name: 'Stalls' },
    { categoryId: 'Box-C', name: 'Box = C', price: '12.50' },
  ]);
  writeFileSync(out, 'completed by hand');
  await expect(run('--out', out)).rejects.toThrow('The event file cannot be written: EEXIST');
  expect(readFileSync(out, 'utf8')).toBe('completed by hand');
});
