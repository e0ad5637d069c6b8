import { type Command, Option } from 'commander';
import { type FoundTicket, foundColumns, type Wanted } from '../../services/catalogue/reads/find-tickets.ts';
import { seatText } from '../../services/catalogue/verify/short-seat.ts';
import { countOf } from '../../services/shared/basics/text.ts';
import { alignColumns } from '../terminal/align-columns.ts';
import type { Organiser } from './organiser.ts';
import { withOrganiser } from './with-organiser.ts';
import { writeCsv } from './write-csv.ts';

/** `csv`: the file to write to, or "-" for standard output. */
type OrdersOptions = Wanted & { csv?: string };

/** Tables are aligned in parts, so that a million tickets need no memory. */
const linesAtOnce = 500;
const maxBuyerShown = 40;

export function registerOrdersCommand(program: Command): void {
  program
    .command('orders')
    .argument('<eventId>')
    .option('--buyer <buyerId>', "only this buyer's tickets")
    .option('--order <orderId>', 'only the tickets of this order')
    .option('--seat <zone/row/seat>', 'only the tickets ever sold for this seat, such as 1/A/12')
    .addOption(new Option('--status <status>', 'only tickets in this state').choices(['PAID', 'CANCELLED', 'CONFLICTED']))
    .option('--csv <file>', 'write CSV, for spreadsheets and programs, to this file; - for standard output')
    .description("list an event's orders ticket by ticket, in the order of sale, according to MySQL")
    .action(async (eventId: string, options: OrdersOptions) => {
      await withOrganiser(program, ['db'], (organiser) => listOrders(organiser, eventId, options, console.log));
    });
}

/** Prints or writes the tickets that match. Rejects an event that was never opened. */
export async function listOrders(
  organiser: Pick<Organiser, 'findTickets'>,
  eventId: string,
  { csv, ...wanted }: OrdersOptions,
  say: (line: string) => void,
): Promise<void> {
  await organiser.findTickets(eventId, wanted, async (tickets) => {
    if (csv === undefined) return await printTickets(tickets, say);
    let count = 0;
    const counted = async function* () {
      for await (const ticket of tickets) {
        count++;
        yield ticket;
      }
    };
    await writeCsv(counted(), foundColumns, csv);
    if (csv !== '-') say(`${countOf(count, 'ticket')} written to ${csv}`);
  });
}

async function printTickets(tickets: AsyncIterable<FoundTicket>, say: (line: string) => void): Promise<void> {
  let count = 0;
  let lines: string[][] = [];
  const print = () => {
    if (lines.length > 0) for (const line of alignColumns([header, ...lines], [8])) say(line);
    lines = [];
  };
  for await (const ticket of tickets) {
    count++;
    lines.push(lineOf(ticket));
    if (lines.length === linesAtOnce) print();
  }
  print();
  say(count === 0 ? 'No ticket matches.' : countOf(count, 'ticket'));
}

const header = ['sold (UTC)', 'order', 'buyer', 'zone', 'seat', 'category', 'type', 'promotion', 'price', 'paid by', 'status'];

function lineOf({ soldOn, orderId, buyerId, zoneId, row, seat, price, currency, status, ...ticket }: FoundTicket): string[] {
  const buyer = String(buyerId);
  return [
    String(soldOn).slice(0, 19).replace('T', ' '),
    String(orderId),
    buyer.length > maxBuyerShown ? `${buyer.slice(0, maxBuyerShown - 1)}…` : buyer,
    String(zoneId),
    seatText(String(row), seat),
    String(ticket.category),
    String(ticket.ticketType),
    String(ticket.promotion),
    `${price} ${currency}`,
    String(ticket.paidBy),
    ticket.exchangedFor === '' ? String(status) : `${status} (exchanged)`,
  ];
}
