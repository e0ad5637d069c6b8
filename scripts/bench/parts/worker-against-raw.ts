import { sql } from 'kysely';
import { type Connection, createConnection } from 'mysql2/promise';
import type { Database } from '../../../services/shared/stores/database.ts';
import { assertSold, openFreshEvent, purchasesOf, untilPublished } from '../event.ts';
import { runPurchases } from '../load.ts';
import { emptyTables, untilProjected } from '../projection.ts';
import type { PartContext, Report } from '../report.ts';
import { alternate, type Figures, medianOf, medianRatio } from '../rounds.ts';
import { startBenchService } from '../system.ts';

/** 62,400 seats. */
const hall = { zones: 80, rows: 26, columns: 30 };
const sales = 50_000;
const rounds = 5;
const rowsPerStatement = 500;

/** c: the tickets per second that the worker writes, against bare INSERTs of the same rows, and against purchase's sales. */
export async function workerAgainstRaw({ bench, resources, say }: PartContext): Promise<Report> {
  const { db, redis, urls } = bench;
  const persistence = await startBenchService(bench, 'persistence', resources);
  // A process stopped by SIGSTOP would not react to SIGTERM.
  resources.defer(() => persistence.kill('SIGCONT'));
  const purchase = await startBenchService(bench, 'purchase', resources);
  await sql`create table bench_raw like tickets`.execute(db);
  const connection = await createConnection({ uri: urls.databaseUrl, timezone: 'Z' });
  resources.defer(() => connection.end());
  let rows: Rows | undefined;

  /** Sells while the worker's process is stopped, and then times the worker alone. */
  async function work(): Promise<Figures> {
    await emptyTables(db);
    const event = await openFreshEvent(bench, hall);
    persistence.kill('SIGSTOP');
    const sold = await runPurchases({ url: `${purchase.url}/tickets`, bodies: purchasesOf(event, sales) });
    await untilPublished(redis, event.eventId);
    await assertSold(redis, event, sales);
    persistence.kill('SIGCONT');
    const { perSecond } = await untilProjected(db, event.eventId, sales);
    const { perSecond: soldPerSecond = Number.NaN } = sold.figures;
    rows ??= await readRows(db);
    return { perSecond, soldPerSecond, perSold: perSecond / soldPerSecond };
  }

  const insert = async (form: 'query' | 'execute') => {
    if (!rows) throw new Error('there are no rows yet');
    return await insertRaw(connection, rows, form);
  };
  const measured = await alternate(
    { worker: work, plain: () => insert('query'), prepared: () => insert('execute') },
    rounds,
    say,
  );
  const rate = (side: keyof typeof measured, name = 'perSecond') => medianOf(measured[side], name);
  const form = rate('plain') > rate('prepared') ? 'plain' : 'prepared';
  return {
    rows: [
      { what: 'worker / raw INSERTs', value: medianRatio(measured.worker, measured[form], 'perSecond'), bar: { atLeast: 0.6 } },
      {
        what: 'worker / sales of one purchase process',
        value: rate('worker', 'perSold'),
        bar: { atLeast: 1 },
      },
      { what: 'worker (tickets, order events, sums)', value: rate('worker'), unit: 'tickets/s' },
      { what: `raw INSERTs of ${rowsPerStatement} rows, ${form}, into a copy of tickets`, value: rate(form), unit: 'rows/s' },
      { what: 'purchase, with the worker stopped', value: rate('worker', 'soldPerSecond'), unit: 'sales/s' },
    ],
    notes: [
      'raw is the faster of plain and prepared statements, run one at a time; the worker also writes an order event for each ticket',
      'the worker is timed from its first commit and has the machine to itself; purchase shares it with the load generator',
    ],
    rounds: measured,
  };
}

type Rows = { columns: string[]; values: unknown[][] };

/** The rows that the worker wrote to `tickets`, by sequence, without generated columns. */
async function readRows(db: Database): Promise<Rows> {
  const { rows: columns } = await sql<{ name: string }>`
    select column_name as name from information_schema.columns
    where table_schema = database() and table_name = 'tickets' and coalesce(generation_expression, '') = ''
    order by ordinal_position`.execute(db);
  const names = columns.map(({ name }) => name);
  const tickets = await db.selectFrom('tickets').selectAll().orderBy('sequence').execute();
  return { columns: names, values: tickets.map((ticket) => names.map((name) => (ticket as Record<string, unknown>)[name])) };
}

async function insertRaw(connection: Connection, { columns, values }: Rows, form: 'query' | 'execute'): Promise<Figures> {
  await connection.query('truncate table bench_raw');
  const into = `insert into bench_raw (${columns.join(', ')}) values`;
  const row = `(${columns.map(() => '?').join(', ')})`;
  const startedAt = performance.now();
  for (let at = 0; at < values.length; at += rowsPerStatement) {
    const some = values.slice(at, at + rowsPerStatement);
    if (form === 'query') await connection.query(`${into} ?`, [some]);
    else await connection.execute(`${into} ${some.map(() => row).join(', ')}`, some.flat() as never[]);
  }
  return { perSecond: (values.length * 1_000) / (performance.now() - startedAt) };
}
