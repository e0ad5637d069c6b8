import { createBar, element, setBar, setText } from './dom.js';
import { formatCount, formatMoney, formatPercent, unknown, unreadable } from './format.js';
import { refusedIn } from './refusals.js';

/** @import { CatalogueEvent } from '../../queries/catalogue.ts' */
/** @import { Inventory, Projection } from '../messages.ts' */
/** @import { Second } from './health.js' */
/** @import { WindowSecond } from './seconds.js' */

const soldBar = createBar();
soldBar.classList.add('bar-large');
element('sold-bar-place').append(soldBar);

/** @param {string} id @param {string} text */
const say = (id, text) => setText(element(id), text);

/** Shows a figure for reading from across the room, as large as its width allows. @param {string} id @param {string} text */
function sayHuge(id, text, otherCharacters = 0) {
  const node = element(id);
  setText(node, text);
  const line = /** @type {HTMLElement} */ (node.parentElement);
  const characters = String(Math.max(7, text.length + otherCharacters));
  if (line.style.getPropertyValue('--characters') !== characters) line.style.setProperty('--characters', characters);
}

/**
 * @param {CatalogueEvent} event
 * @param {Second} second
 * @param {readonly WindowSecond[]} window
 */
export function showFigures(event, second, window) {
  showInventory(second.inventory === 'missing' ? null : second.inventory);
  showRevenue(event, second.projection);
  showRates(event, second, window);
}

/** @param {Inventory | null} inventory */
function showInventory(inventory) {
  const capacity = inventory ? `of ${formatCount(inventory.capacity)}` : unreadable;
  say('capacity', capacity);
  // The capacity is shown at half the size.
  sayHuge('sold', inventory ? formatCount(inventory.sold) : unknown, capacity.length / 2);
  setBar(soldBar, inventory);
  say('sold-share', inventory ? formatPercent(inventory.sold, inventory.capacity) : unknown);
  say('held-count', inventory ? formatCount(inventory.held) : unknown);
  say('free-count', inventory ? formatCount(inventory.available) : unknown);
  say('blocked-count', inventory ? formatCount(inventory.blocked) : unknown);
  for (const id of ['blocked-share', 'blocked-key']) element(id).hidden = !inventory || inventory.blocked === 0;
  say('held', inventory ? formatCount(inventory.held) : unknown);
  say('held-detail', inventory ? `${formatPercent(inventory.held, inventory.capacity)} of capacity` : unreadable);
}

/** @param {CatalogueEvent} event @param {Projection | null} projection */
function showRevenue({ currency }, projection) {
  sayHuge('revenue', projection ? formatMoney(projection.revenue, currency) : unknown);
  const tickets = projection && `${formatCount(projection.tickets)} tickets in MySQL`;
  const detail = projection?.lagSequences ? `${tickets}, ${formatCount(projection.lagSequences)} domain events pending` : tickets;
  say('revenue-detail', detail ?? unreadable);
}

/** @param {CatalogueEvent} event @param {Second} second @param {readonly WindowSecond[]} window */
function showRates({ currency }, { sale }, window) {
  const last = window.at(-1)?.sale;
  const isKnown = sale !== null && last !== null;
  const highest = (/** @type {(sale: NonNullable<typeof last>) => number} */ figure) =>
    Math.max(0, ...window.map((second) => (second.sale ? figure(second.sale) : 0)));
  const peak = (/** @type {number} */ rate) => (isKnown ? `Peak ${formatCount(rate)}` : unreadable);

  say(
    'revenue-rate',
    isKnown ? `${formatMoney(last?.revenue ?? '0', currency)} in the last second` : `${unknown} in the last second`,
  );
  say('ticket-rate', isKnown ? formatCount(last?.ticketsSold ?? 0) : unknown);
  say('ticket-rate-detail', peak(highest(({ ticketsSold }) => ticketsSold)));
  say('refused-rate', isKnown ? formatCount(last ? refusedIn(last) : 0) : unknown);
  say('refused-rate-detail', peak(highest(refusedIn)));
  const latency = isKnown ? last?.latencyMs : undefined;
  say('latency', latency ? `${formatCount(Math.round(latency.p99))} ms` : unknown);
  const median = latency && `Median ${formatCount(Math.round(latency.p50))} ms`;
  say('latency-detail', median ?? (isKnown ? 'No requests' : unreadable));
}
