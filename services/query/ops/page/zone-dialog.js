import { create, element, setText } from './dom.js';
import { drawSeats } from './draw-seats.js';
import { formatAmount, formatCount, formatMoney, formatPercent, unknown, unreadable } from './format.js';

/** @import { CatalogueEvent } from '../../queries/catalogue.ts' */
/** @import { Inventory } from '../messages.ts' */
/** @import { Drawing } from './draw-seats.js' */

/** Enough for the dialog on a dense screen. */
const hallPixels = 1_600;

/** The dialog with one zone's seats, large, and all of its figures. */
export function createZoneDialog() {
  const dialog = element('zone-dialog', HTMLDialogElement);
  const canvas = element('zone-canvas', HTMLCanvasElement);
  const list = element('zone-figures');
  /** @type {number | undefined} */
  let zoneId;
  let isHall = false;
  // A click outside the dialog closes it, as Escape does.
  dialog.onclick = ({ target }) => {
    if (target === dialog) dialog.close();
  };
  dialog.onclose = () => {
    zoneId = undefined;
  };

  return {
    zoneId: () => zoneId,

    /** @param {number} opened */
    open(opened) {
      zoneId = opened;
      dialog.showModal();
    },

    /** @param {CatalogueEvent} event @param {Inventory | null} inventory */
    showFigures(event, inventory) {
      if (zoneId === undefined) return;
      const zone = event.zones.find((one) => one.zoneId === zoneId);
      if (!zone) return dialog.close();
      const figures = inventory?.zones.find((one) => one.zoneId === zoneId);
      setText(element('zone-name'), zone.name);
      const says = figures?.fault;
      element('zone-fault').hidden = says === undefined;
      setText(element('zone-fault'), says === undefined ? '' : `▲ ${says}`);
      canvas.hidden = zone.rows === null;
      isHall = zone.isHall;
      showList(list, figuresOf(zone, event, figures));
    },

    /** @param {Drawing} drawing */
    draw(drawing) {
      // Clears what another zone left.
      canvas.width = 1;
      if (zoneId !== undefined) drawSeats(canvas, { zoneId, isHall }, drawing, hallPixels);
    },
  };
}

/**
 * @param {CatalogueEvent['zones'][number]} zone
 * @param {CatalogueEvent} event
 * @param {Inventory['zones'][number] | undefined} figures
 * @returns {[title: string, value: string][]}
 */
function figuresOf(zone, event, figures) {
  const count = (/** @type {number | null | undefined} */ value) =>
    value === null || value === undefined ? `${unknown} ${unreadable}` : formatCount(value);
  return [
    ['Sold', figures ? `${count(figures.sold)} (${formatPercent(figures.sold, figures.capacity)})` : count(null)],
    ['Held', count(figures?.held)],
    ['Free', count(figures?.available)],
    ['Blocked', count(figures?.blocked)],
    ['Capacity', formatCount(figures?.capacity ?? zone.capacity)],
    ['Tickets in MySQL', count(figures?.projected)],
    ['Price', priceOf(zone, event)],
    ['Seats', seatsOf(zone)],
    ['Conservation', figures ? (figures.fault ? 'Does not add up' : 'Adds up') : count(null)],
  ];
}

/** @param {CatalogueEvent['zones'][number]} zone */
function seatsOf({ rows, columns, isHall }) {
  if (rows === null) return 'None: general admission';
  return isHall ? formatAmount(rows, 'row') : `${formatCount(rows)} rows of ${formatCount(columns ?? 0)}, row A at the top`;
}

/**
 * The price of a zone's tickets now; or those of each of its categories, from the lowest ticket type's to the highest's.
 * @param {CatalogueEvent['zones'][number]} zone
 * @param {CatalogueEvent} event
 */
function priceOf(zone, { currency, categories }) {
  if (zone.price !== null) return formatMoney(zone.price, currency);
  const ofZone = categories.filter(({ categoryId }) => zone.categories.includes(categoryId));
  return ofZone
    .map(({ name, prices }) => {
      const sorted = prices.map(({ price }) => price).toSorted((a, b) => Number(a) - Number(b));
      const range = [...new Set([sorted[0] ?? '', sorted.at(-1) ?? ''])].map((price) => formatMoney(price, currency));
      return `${name} ${range.join(' to ')}`;
    })
    .join(', ');
}

/** @param {HTMLElement} list @param {[title: string, value: string][]} figures */
function showList(list, figures) {
  if (list.children.length === 0) {
    list.append(...figures.map(([title]) => create('div', '', create('dt', '', title), create('dd', ''))));
  }
  for (const [at, [, value]] of figures.entries()) {
    const node = list.children[at]?.lastElementChild;
    if (node) setText(node, value);
  }
}
