import { create, createBar, element, setBar, setText } from './dom.js';
import { drawSeats } from './draw-seats.js';
import { formatCount, formatPercent, unknown, unreadable } from './format.js';

/** @import { CatalogueEvent } from '../../queries/catalogue.ts' */
/** @import { Inventory } from '../messages.ts' */
/** @import { Drawing } from './draw-seats.js' */

/** @typedef {ReturnType<typeof createCard>} Card */

/** Enough for a card on a dense screen. */
const hallPixels = 640;

/**
 * The zones' cards.
 * @param {(zoneId: number) => void} onOpen
 */
export function createZones(onOpen) {
  const list = element('zones');
  /** @type {Map<number, Card>} */
  let cards = new Map();
  let shown = '';
  return {
    /** @param {CatalogueEvent['zones']} zones */
    showEvent(zones) {
      const description = JSON.stringify(zones);
      // Cards stay if nothing is new, so that a focused one keeps the focus.
      if (description === shown) return false;
      shown = description;
      cards = new Map(zones.map((zone) => [zone.zoneId, createCard(zone, onOpen)]));
      list.dataset['density'] = zones.length <= 6 ? 'few' : zones.length <= 30 ? 'some' : 'many';
      list.replaceChildren(...Array.from(cards.values(), ({ item }) => item));
      return true;
    },

    /** @param {Inventory | null} inventory */
    showFigures(inventory) {
      const figures = new Map(inventory?.zones.map((zone) => [zone.zoneId, zone]));
      for (const [zoneId, card] of cards) showCard(card, figures.get(zoneId));
    },

    /** @param {Iterable<number>} zoneIds @param {Drawing} drawing */
    draw(zoneIds, drawing) {
      for (const zoneId of zoneIds) {
        const card = cards.get(zoneId);
        if (card?.canvas) drawSeats(card.canvas, card, drawing, hallPixels);
      }
    },
  };
}

/** @param {CatalogueEvent['zones'][number]} zone @param {(zoneId: number) => void} onOpen */
function createCard({ zoneId, name, rows, columns, isHall }, onOpen) {
  const isSeated = rows !== null && columns !== null;
  const percent = create('span', 'zone-percent');
  const counts = create('span', 'zone-counts');
  const fault = create('span', 'fault');
  fault.hidden = true;
  const bar = createBar();
  const label = create('span', 'zone-name', name);
  label.title = name;
  const canvas = isSeated ? create('canvas', 'seats') : undefined;
  if (canvas) {
    canvas.width = columns ?? 1;
    canvas.height = rows ?? 1;
    canvas.ariaHidden = 'true';
  } else {
    bar.classList.add('bar-zone');
  }
  const button = create('button', 'zone', label, ' ', fault, ' ', percent, canvas ?? bar, ' ', counts);
  if (canvas) counts.before(bar);
  button.type = 'button';
  button.ariaHasPopup = 'dialog';
  button.onclick = () => onOpen(zoneId);
  return { zoneId, isHall, name, item: create('li', '', button), button, percent, counts, fault, bar, canvas };
}

/** @param {Card} card @param {Inventory['zones'][number] | undefined} figures */
function showCard({ name, button, percent, counts, fault, bar }, figures) {
  const share = figures ? formatPercent(figures.sold, figures.capacity, 0) : unknown;
  const text = figures ? countsOf(figures) : unreadable;
  const says = figures?.fault === undefined ? '' : `▲ ${figures.fault}`;
  setText(percent, share);
  setText(counts, text);
  setText(fault, says);
  setBar(bar, figures ?? null);
  fault.hidden = says === '';
  button.classList.toggle('is-faulty', says !== '');
  // Small cards do not show all of this.
  button.ariaLabel = [name, says, share, text].filter(Boolean).join(' ');
}

/** @param {Inventory['zones'][number]} figures */
function countsOf({ sold, held, available, blocked }) {
  const counts = Object.entries({ sold, held, free: available, ...(blocked > 0 && { blocked }) });
  return counts.map(([word, count]) => `${formatCount(count)}\u00a0${word}`).join(' · ');
}
