import { create, element, setText } from './dom.js';
import { formatCount, formatMoney, formatTime, unknown } from './format.js';
import { reasonName, reasonsOf, refusedIn } from './refusals.js';

/** @import { SecondOfSale } from '../messages.ts' */
/** @import { WindowSecond } from './seconds.js' */

const shownSeconds = 30;

/** @type {Record<string, (sale: SecondOfSale, currency: string) => string>} */
const columns = {
  'Tickets sold': ({ ticketsSold }) => formatCount(ticketsSold),
  Revenue: ({ revenue }, currency) => formatMoney(revenue, currency),
  Held: ({ ticketsHeld }) => formatCount(ticketsHeld),
  Cancelled: ({ ticketsCancelled }) => formatCount(ticketsCancelled),
  Refused: (sale) => formatCount(refusedIn(sale)),
  p50: ({ latencyMs }) => milliseconds(latencyMs?.p50),
  p95: ({ latencyMs }) => milliseconds(latencyMs?.p95),
  p99: ({ latencyMs }) => milliseconds(latencyMs?.p99),
  Reasons: (sale) =>
    reasonsOf(sale)
      .filter(([, count]) => count > 0)
      .map(([code, count]) => `${reasonName(code)} ${formatCount(count)}`)
      .join(', '),
};

const milliseconds = (/** @type {number | undefined} */ ms) => (ms === undefined ? unknown : `${formatCount(Math.round(ms))} ms`);

/** The last seconds as a table, for viewers who prefer figures to charts; updated only while it is open. */
export function createTable() {
  const details = element('table-details', HTMLDetailsElement);
  const head = create('tr', '');
  for (const title of ['Time', ...Object.keys(columns)]) {
    const cell = create('th', '', title);
    cell.scope = 'col';
    head.append(cell);
  }
  element('table-head').append(head);

  return {
    /** @param {() => void} onOpen */
    onOpen(onOpen) {
      details.ontoggle = () => details.open && onOpen();
    },

    /** @param {readonly WindowSecond[]} window @param {string} currency */
    show(window, currency) {
      if (!details.open) return;
      const shown = window.slice(-shownSeconds).toReversed();
      setText(element('table-caption'), `The last ${shownSeconds} seconds, newest first`);
      element('table-body').replaceChildren(...shown.map((second) => createRow(second, currency)));
    },
  };
}

/** @param {WindowSecond} second @param {string} currency */
function createRow({ at, sale }, currency) {
  const time = create('th', '', formatTime(at));
  time.scope = 'row';
  const nothing = sale === null ? unknown : '0';
  const cells = Object.entries(columns).map(([title, text]) => {
    if (sale) return create('td', '', text(sale, currency));
    return create('td', '', title.startsWith('p') ? unknown : title === 'Reasons' ? '' : nothing);
  });
  return create('tr', '', time, ...cells);
}
