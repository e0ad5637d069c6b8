import { endedCheckouts, isStuck, movingRefunds } from '../../../services/shared/payments/progress.ts';
import { uuidText } from '../../../services/shared/stores/uuid.ts';
import { plainDecimal } from '../../../services/shared/terms/money.ts';
import { alignColumns } from '../../terminal/align-columns.ts';
import type { ShownCheckout } from './find-checkouts.ts';

/** Everything about a checkout, for a terminal; not the buyer's address. */
export function checkoutText({ checkout, attempts, refunds }: ShownCheckout, nowMs = Date.now()): string {
  const { checkout_id, event_id, hold_id, order_id, state, reason, amount, currency, buyer_id, pay_by, ended_on } = checkout;
  const sum = amount === null || currency === null ? '' : `, ${plainDecimal(amount, currency)} ${currency}`;
  const isEnded = endedCheckouts.includes(state);
  const lines = [
    ['state', `${state}${reason === null ? '' : ` (${reason})`}${sum}`],
    ['event', event_id],
    ...(order_id === null ? [] : [[isOrder(state) ? 'order' : 'order, if paid', uuidText(order_id)]]),
    ['hold', hold_id],
    ...(buyer_id === null ? [] : [['buyer', buyer_id]]),
    ['begun', timeText(checkout.created_on)],
    ...(ended_on === null ? [] : [['ended', timeText(ended_on)]]),
    ...(isEnded ? [] : [['to be paid by', timeText(pay_by)], ...workLines(checkout, nowMs)]),
  ];
  return [
    `checkout ${uuidText(checkout_id)}`,
    ...alignColumns(lines).map((line) => `  ${line}`),
    ...table('payments', [
      ['', 'provider', 'id', 'state', 'amount', 'taken', 'changed (UTC)', ''],
      ...attempts.map((row) => [
        String(row.attempt),
        row.provider,
        row.provider_ref ?? 'not answered',
        row.state,
        `${plainDecimal(row.amount, row.currency)} ${row.currency}`,
        plainDecimal(row.captured, row.currency),
        timeText(row.changed_on),
        [row.decline_code, row.dispute && `disputed: ${row.dispute}`].filter(Boolean).join(', '),
      ]),
    ]),
    ...table('refunds', [
      ['', 'id', 'state', 'amount', 'tickets', 'asked for by', 'begun (UTC)', ''],
      ...refunds.map((row) => [
        uuidText(row.refund_id),
        row.provider_ref ?? 'not answered',
        row.state,
        `${plainDecimal(row.amount, row.currency)} ${row.currency}`,
        ticketsText(row.ticket_ids),
        row.principal,
        timeText(row.created_on),
        [row.note, movingRefunds.includes(row.state) && isStuck(row, nowMs) && 'STUCK'].filter(Boolean).join(', '),
      ]),
    ]),
  ].join('\n');
}

/** In these states, the order exists, or existed. */
const isOrder = (state: ShownCheckout['checkout']['state']) => ['capturing', 'paid', 'undoing'].includes(state);

function workLines(checkout: ShownCheckout['checkout'], nowMs: number): string[][] {
  const { due_on, failures, note } = checkout;
  const tried = failures === 0 ? '' : `, after ${failures} in a row that failed${note === null ? '' : `: ${note}`}`;
  const next = due_on === null ? 'nobody goes on with it' : `${timeText(due_on)}${tried}`;
  return [['next step', isStuck(checkout, nowMs) ? `STUCK; ${next}` : next]];
}

const timeText = (time: Date) => `${time.toISOString().slice(0, 19).replace('T', ' ')}`;

function ticketsText(ticketIds: string | null): string {
  if (ticketIds === null) return 'all';
  const { length } = JSON.parse(ticketIds) as string[];
  return length === 0 ? 'none' : String(length);
}

const table = (title: string, rows: string[][]) =>
  rows.length === 1 ? [`no ${title}`] : [title, ...alignColumns(rows).map((line) => `  ${line}`)];
