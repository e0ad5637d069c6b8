import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { writeCsv } from './write-csv.ts';

async function written(rows: Record<string, string | number>[], columns: string[]): Promise<string> {
  await using resources = new AsyncDisposableStack();
  const folder = mkdtempSync(join(tmpdir(), 'onsale-csv-'));
  resources.defer(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'out.csv');
  await writeCsv(rows, columns, file);
  return readFileSync(file, 'utf8');
}

it.each(['=1+2', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1', '＝1'])(
  'takes the power from what a spreadsheet would run as a formula: %j',
  async (text) => {
    const [, line = ''] = (await written([{ buyer: text }], ['buyer'])).split('\n');
    expect(line.replace(/^"/, '')).toMatch(/^'/);
    expect(line).toContain(text);
  },
);

it.each(['ann;=1+2;', 'ann; =1+2', 'ann;";@SUM(A1)', ';+1', 'a;-1;b'])(
  'takes the power from a formula that begins where a spreadsheet divides at semicolons: %j',
  async (text) => {
    const [, line = ''] = (await written([{ buyer: text }], ['buyer'])).split('\n');
    const cells = line.split(';').map((cell) => cell.replace(/^[\s"]+/, ''));
    expect(cells.filter((cell) => /^[=+\-@]/.test(cell))).toEqual([]);
    expect(line.replaceAll("'", '').replaceAll('""', '"')).toContain(text);
  },
);

it('leaves other texts and numbers as they are, quoted where that is needed, behind a byte-order mark', async () => {
  const rows = [
    { buyer: 'auth0|ann; x=1', seat: 12 },
    { buyer: 'Žanna "Z", ann@example.org', seat: '12A' },
  ];
  const lines = ['buyer,seat', 'auth0|ann; x=1,12', '"Žanna ""Z"", ann@example.org",12A', ''];
  expect(await written(rows, ['buyer', 'seat'])).toBe(`\uFEFF${lines.join('\n')}`);
});
