import { element, setText } from './dom.js';
import { formatAmount, formatCountdown, formatMoment, formatSeconds } from './format.js';

/** @import { CatalogueEvent } from '../../queries/catalogue.ts' */
/** @import { Inventory } from '../messages.ts' */
/** @typedef {'connecting' | 'live' | 'stale' | 'lost' | 'unknown'} ConnectionState */

const states = { connecting: 'Connecting', live: 'Live', stale: 'Stale', lost: 'Reconnecting', unknown: 'No such event' };

/**
 * @param {CatalogueEvent} event
 * @param {{ eventId: string, name: string }[]} events
 */
export function showEvent(event, events) {
  setText(element('event-name'), event.name);
  setText(element('venue-name'), event.venueName);
  const list = element('event-list', HTMLSelectElement);
  const options = events.map(
    ({ eventId, name }) => new Option(`${name} (${eventId})`, eventId, false, eventId === event.eventId),
  );
  list.replaceChildren(...options);
}

/** @param {CatalogueEvent} event @param {Inventory | null} inventory @param {number} now */
export function showOnSale(event, inventory, now) {
  const at = Date.parse(event.onSaleAt);
  const left = at - now;
  element('on-sale').dataset['state'] = left > 0 ? 'before' : 'on';
  if (left > 0) return setText(element('on-sale'), `On sale in ${formatCountdown(left)}, ${formatMoment(at)}`);
  const isSoldOut = inventory !== null && inventory.available + inventory.held === 0;
  setText(element('on-sale'), isSoldOut ? 'Sold out' : `On sale since ${formatMoment(at)}`);
}

/**
 * @param {ConnectionState} state
 * @param {number | undefined} ageMs the age of the latest figures
 * @param {Readonly<Record<string, string>>} problems
 */
export function showConnection(state, ageMs, problems) {
  element('connection').dataset['state'] = state;
  document.body.classList.toggle('is-old', state !== 'live');
  setText(element('connection-state'), states[state]);
  setText(element('connection-age'), ageMs === undefined ? '' : ageOf(Math.floor(ageMs / 1000)));
  const count = Object.keys(problems).length;
  element('problems').hidden = count === 0;
  setText(element('problems'), `▲ ${formatAmount(count, 'problem')}`);
}

/** Figures come every second, so up to two seconds are "now". */
const ageOf = (/** @type {number} */ seconds) =>
  seconds < 2 ? 'now' : seconds < 60 ? `${seconds} s ago` : `${formatSeconds(seconds)} ago`;
