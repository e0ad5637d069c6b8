import { element, setText } from './dom.js';
import { formatAmount, formatCount, formatMoney, unknown, unreadable } from './format.js';

/** @import { CatalogueEvent } from '../../queries/catalogue.ts' */
/** @import { Second } from './health.js' */

/** @param {string} id @param {string} text */
const say = (id, text) => setText(element(id), text);

/** Shows an amount as large as its tile allows. @param {string} id @param {string} text */
function sayAmount(id, text) {
  say(id, text);
  element(id).style.setProperty('--characters', String(Math.max(6, text.length)));
}

/** Shows what was paid through checkout; nothing if nobody has begun to. @param {CatalogueEvent} event @param {Second['payments']} payments */
export function showPayments({ currency }, payments) {
  const section = element('payments');
  // What cannot be read right now is unknown, but that is no reason to show it for the first time.
  if (payments) section.hidden = payments === 'none';
  if (section.hidden || payments === 'none') return;
  if (!payments) {
    for (const id of ['captured', 'authorised', 'refunded']) sayAmount(id, unknown);
    say('paying', unknown);
    for (const id of ['captured', 'authorised', 'refunded', 'paying']) say(`${id}-detail`, unreadable);
    return;
  }
  const money = (/** @type {string} */ amount) => formatMoney(amount, currency);
  const { captured, authorised, refunded, refunding, pending, unfinished, checkouts, refunds } = payments;
  sayAmount('captured', money(captured));
  say('captured-detail', `${formatAmount(checkouts.paid ?? 0, 'order')} paid`);
  sayAmount('authorised', money(authorised));
  say('authorised-detail', 'Set aside, not taken yet');
  sayAmount('refunded', money(refunded));
  const isMoving = (refunds.created ?? 0) + (refunds.pending ?? 0) > 0;
  say('refunded-detail', isMoving ? `${money(refunding)} on the way` : 'Nothing on the way');
  say('paying', formatCount(unfinished));
  say('paying-detail', unfinished > 0 ? `${money(pending)} pending` : 'Nobody pays right now');
}
