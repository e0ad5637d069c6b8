import { createAnnouncer } from './announce.js';
import { createCharts } from './charts.js';
import { seatColours, watchTheme } from './colours.js';
import { element, setText } from './dom.js';
import { showFigures } from './figures.js';
import { followSale } from './follow-sale.js';
import { followSeats } from './follow-seats.js';
import { formatAmount, formatCount, formatPercent, formatTime } from './format.js';
import { healthOf } from './health.js';
import { createHealthTiles } from './health-tiles.js';
import { signOut } from './member.js';
import { showPayments } from './payments.js';
import { createPlans } from './plans.js';
import { createSamples } from './samples.js';
import { createSeconds } from './seconds.js';
import { createTable } from './table.js';
import { showConnection, showEvent, showOnSale } from './top.js';
import { createZoneDialog } from './zone-dialog.js';
import { createZones } from './zones.js';

/** @import { CatalogueEvent } from '../../queries/catalogue.ts' */
/** @import { Inventory, OpsMessage } from '../messages.ts' */
/** @import { Second } from './health.js' */
/** @import { ConnectionState } from './top.js' */

/** Messages come every second; after this long without one, the figures are stale. */
const staleMs = 4000;

// A link may carry the token (sign-in.js). For a signed-in viewer it opens this page, and the token must not stay in the history.
if (location.hash) history.replaceState(null, '', location.pathname + location.search);

element('sign-out').addEventListener('click', () => {
  signOut().catch(() => showNotice('You are still signed in: the server cannot be reached. Please try again in a moment.'));
});

const eventId = new URLSearchParams(location.search).get('eventId');
if (eventId) start(eventId);
else showNotice('There is no event yet. To open one: npm run onsale -- open scripts/demo/event1.json');

/** @param {string} text if empty, the notice is hidden */
function showNotice(text) {
  element('notice').hidden = text === '';
  setText(element('notice'), text);
}

/** @param {string} eventId */
function start(eventId) {
  /** @type {CatalogueEvent | undefined} */
  let event;
  /** @type {Second | undefined} */
  let second;
  let heardAt = 0;
  let isConnected = false;
  let isUnknown = false;
  /** @type {Inventory | null} */
  let inventory = null;
  /** How far the server's clock is ahead of the viewer's. */
  let aheadMs = 0;
  /** @type {Record<string, string>} */
  let problems = {};

  const seconds = createSeconds();
  const samples = createSamples();
  const showHealth = createHealthTiles();
  const announcer = createAnnouncer();
  const table = createTable();
  const dialog = createZoneDialog();
  /** @type {ReturnType<typeof createCharts> | undefined} */
  let charts;
  let colours = seatColours();
  /** @type {ReturnType<typeof followSeats> | undefined} */
  let seats;

  const zones = createZones((zoneId) => {
    dialog.open(zoneId);
    if (event) dialog.showFigures(event, inventory);
    if (seats) dialog.draw({ seats, halls: plans.halls, colours });
  });

  /** @type {Set<number>} */
  const toDraw = new Set();
  const drawSoon = once(() => {
    if (!seats) return;
    const drawing = { seats, halls: plans.halls, colours };
    zones.draw(toDraw, drawing);
    const opened = dialog.zoneId();
    if (opened !== undefined && toDraw.has(opened)) dialog.draw(drawing);
    toDraw.clear();
  });
  /** @param {Iterable<number>} zoneIds */
  function draw(zoneIds) {
    for (const zoneId of zoneIds) toDraw.add(zoneId);
    drawSoon();
  }
  const plans = createPlans(draw);
  function readPlans() {
    if (event) void plans.read(event);
  }
  function showLive(/** @type {boolean} */ isLive) {
    element('zones').classList.toggle('is-stale', !isLive);
    setText(element('seats-state'), isLive ? '' : `The seat map is not live: shown as of ${formatTime(Date.now() + aheadMs)}`);
  }

  const showSoon = once(show);
  function show() {
    if (!event || !second) return;
    const window = seconds.window();
    showFigures(event, second, window);
    showPayments(event, second.payments);
    showHealth(healthOf(second, event));
    charts?.show(window, samples.all());
    zones.showFigures(inventory);
    dialog.showFigures(event, inventory);
    table.show(window, event.currency);
    tick();
  }

  /** Updates what changes without a message. */
  function tick() {
    const ageMs = performance.now() - heardAt;
    /** @type {ConnectionState} */
    const state = isUnknown ? 'unknown' : !second ? 'connecting' : !isConnected ? 'lost' : ageMs > staleMs ? 'stale' : 'live';
    showConnection(state, second && ageMs, problems);
    if (event) showOnSale(event, inventory, Date.now() + aheadMs);
    const lost = second && state !== 'live' && { connection: 'No new figures are arriving; those shown are old' };
    announcer.problems({ ...problems, ...lost, ...(isUnknown && { event: noEvent(eventId) }) });
  }

  /** @param {Extract<OpsMessage, { type: 'event' }>} message */
  function takeEvent(message) {
    event = message.event;
    isUnknown = false;
    showNotice('');
    seconds.begin(message.history);
    showEvent(event, message.events);
    charts ??= createCharts(event.currency);
    if (zones.showEvent(event.zones) && seats) draw(seats.keys());
    // Not before: an event that does not exist has no seats to follow.
    if (seats) readPlans();
    else seats = followSeats(eventId, draw, showLive, readPlans);
  }

  /** @param {Second} message */
  function takeSecond(message) {
    if (!event) return;
    second = message;
    heardAt = performance.now();
    const at = Date.parse(message.at);
    aheadMs = at - Date.now();
    seconds.add(at, message.sale);
    samples.add(message);
    problems = Object.assign({}, ...Object.values(healthOf(message, event)).map((health) => health.problems));
    inventory = message.inventory === 'missing' ? null : message.inventory;
    showNotice(message.inventory === 'missing' ? noInventory(event.eventId) : '');
    const share = inventory ? `${formatPercent(inventory.sold, inventory.capacity)} sold` : 'Sales unknown';
    // Set here: a background tab shows only its title, and gets no animation frames.
    document.title = `${share} · ${event.name}`;
    if (inventory) {
      const faults = formatAmount(Object.keys(problems).length, 'problem');
      announcer.summary(`${formatCount(inventory.sold)} of ${formatCount(inventory.capacity)} sold, ${faults}`);
    }
    showSoon();
  }

  followSale(
    eventId,
    (message) => {
      if (message.type === 'event') takeEvent(message);
      else if (message.type === 'second') takeSecond(message);
    },
    (connected) => {
      isConnected = connected;
      tick();
    },
    () => {
      isUnknown = true;
      showNotice(noEvent(eventId));
      tick();
    },
  );
  table.onOpen(showSoon);
  setInterval(tick, 1000);
  watchTheme(() => {
    colours = seatColours();
    if (seats) draw(seats.keys());
  });
}

const noEvent = (/** @type {string} */ eventId) => `There is no event ${eventId}. It will appear here once it is opened.`;

const noInventory = (/** @type {string} */ eventId) =>
  `Redis has no inventory for ${eventId}, so nothing can be sold. The operator can rebuild it from MySQL: npm run onsale -- rebuild ${eventId}`;

/** Runs the work at most once a frame, and not while the tab is hidden. @param {() => void} work */
function once(work) {
  let isAsked = false;
  return () => {
    if (isAsked) return;
    isAsked = true;
    requestAnimationFrame(() => {
      isAsked = false;
      work();
    });
  };
}
