import { type Command, Option } from 'commander';
import { type Dimension, dimensions, type SalesReport } from '../../services/catalogue/reads/report-sales.ts';
import { quoted } from '../../services/shared/basics/text.ts';
import { alignColumns } from '../terminal/align-columns.ts';
import { withOrganiser } from './with-organiser.ts';
import { writeCsv } from './write-csv.ts';

type ReportOptions = { by?: Dimension; csv?: true; json?: true };

export function registerReportCommand(program: Command): void {
  program
    .command('report')
    .argument('<eventId>')
    .addOption(new Option('--by <what>', "divide by this; days are those of the venue's time zone").choices(dimensions))
    .addOption(new Option('--csv', 'print CSV, for spreadsheets').conflicts('json'))
    .option('--json', 'print JSON, for programs')
    .description("add up an event's tickets, discounts and revenue, according to MySQL")
    .action(async (eventId: string, { by, csv, json }: ReportOptions) => {
      const report = await withOrganiser(program, ['db'], (organiser) => organiser.reportSales(eventId, by));
      const columns = ['eventId', by ?? 'total', ...csvColumns, ...(by ? [] : ['refundedByAmount'])];
      if (csv) await writeCsv(csvRows(report, by), columns, '-');
      else console.log(json ? JSON.stringify(report, null, 2) : reportText(report, by));
    });
}

const csvColumns = ['name', 'tickets', 'faceValue', 'discounts', 'net', 'currency', 'cancelled', 'exchanged'];

/** A row for each line; of the total, only if it is not divided. */
function csvRows({ eventId, currency, lines, total, refundedByAmount }: SalesReport, by?: Dimension) {
  const rows = by ? lines : [{ key: '', name: '', ...total, refundedByAmount }];
  return rows.map(({ key, ...figures }) => ({ eventId, [by ?? 'total']: key, currency, ...figures }));
}

const maxNameShown = 40;

/** The report as a table for a terminal. */
export function reportText(report: SalesReport, by?: Dimension): string {
  const { eventId, name, currency, timeZone, lines, total, refundedByAmount } = report;
  const shown = [...lines, { key: 'total', name: '', ...total }];
  const rows = shown.map(({ key, name: keyName, tickets, faceValue, discounts, net, cancelled, exchanged }) => [
    `${key || 'none'}${keyName ? ` ${quoted(keyName, maxNameShown)}` : ''}`,
    tickets.toLocaleString('en-US'),
    ...[faceValue, discounts, net],
    cancelled.toLocaleString('en-US'),
    exchanged.toLocaleString('en-US'),
  ]);
  const header = [by ?? '', 'tickets', 'face value', 'discounts', 'net', 'cancelled', 'exchanged'];
  const days = by === 'day' ? `, days in ${timeZone}` : '';
  const isRefunded = Number(refundedByAmount) > 0;
  return [
    `${eventId} ${quoted(name)}, in ${currency}${days}`,
    '',
    ...alignColumns([header, ...rows], [1, 2, 3, 4, 5, 6]),
    ...(isRefunded ? ['', `Besides, ${refundedByAmount} was refunded without cancelling tickets; net still contains it.`] : []),
  ].join('\n');
}
