import { create, element, setText } from './dom.js';
import { drawSeats } from './draw-seats.js';
import { formatCount, formatMoney, formatPercent, unknown, unreadable } from './format.js';

/** @import { CatalogueEvent } from '../../queries/catalogue.ts' */
/** @import { Inventory } from '../messages.ts' */
/** @import { ZoneSeats } from './seat-map.js' */

/** The dialog with one zone's seats, large, and all of its figures. */
export function createZoneDialog() {
  const dialog = element('zone-dialog', HTMLDialogElement);
  const canvas = element('zone-canvas', HTMLCanvasElement);
  const list = element('zone-figures');
  /** @type {number | undefined} */
  let zoneId;
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
      showList(list, figuresOf(zone, event.currency, figures));
    },

    /** @param {ReadonlyMap<number, ZoneSeats>} seats @param {{ free: number, taken: number }} colours */
    draw(seats, colours) {
      const zone = zoneId === undefined ? undefined : seats.get(zoneId);
      if (zone) drawSeats(canvas, zone, colours);
      // Clears what another zone left.
      else canvas.width = 1;
    },
  };
}

/**
 * @param {CatalogueEvent['zones'][number]} zone
 * @param {string} currency
 * @param {Inventory['zones'][number] | undefined} figures
 * @returns {[title: string, value: string][]}
 */
function figuresOf(zone, currency, figures) {
  const count = (/** @type {number | null | undefined} */ value) =>
    value === null || value === undefined ? `${unknown} ${unreadable}` : formatCount(value);
  return [
    ['Sold', figures ? `${count(figures.sold)} (${formatPercent(figures.sold, figures.capacity)})` : count(null)],
    ['Held', count(figures?.held)],
    ['Free', count(figures?.available)],
    ['Capacity', formatCount(figures?.capacity ?? zone.capacity)],
    ['Tickets in MySQL', count(figures?.projected)],
    ['Price', formatMoney(zone.price, currency)],
    [
      'Seats',
      zone.rows === null
        ? 'None: general admission'
        : `${formatCount(zone.rows)} rows of ${formatCount(zone.columns ?? 0)}, row A at the top`,
    ],
    ['Conservation', figures ? (figures.fault ? 'Does not add up' : 'Adds up') : count(null)],
  ];
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
