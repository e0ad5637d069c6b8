import { formatAmount, formatCount, formatMoment, formatSeconds, unknown, unreadable } from './format.js';

/** @import { CatalogueEvent } from '../../queries/catalogue.ts' */
/** @import { OpsMessage, Payments, Projection, Verification } from '../messages.ts' */
/** @typedef {Extract<OpsMessage, { type: 'second' }>} Second */

/**
 * @typedef {object} Health the state of one part of the system
 * @property {'good' | 'bad' | 'slow' | 'plain' | 'unknown'} tone
 * @property {string} value
 * @property {string} detail
 * @property {Record<string, string>} [problems] what needs attention: a sentence each; a problem that persists keeps its key
 */

/** Figures are promised moments after a sale; from here on they are late. */
const slowSeconds = 30;

/** @param {string} part @param {string} what @returns {Health} */
const notKnown = (part, what) => ({
  tone: 'unknown',
  value: unknown,
  detail: unreadable,
  problems: { [`${part} unknown`]: `${what} cannot be read right now` },
});

/**
 * `payments` is absent if nobody has begun to pay.
 * @param {Second} second
 * @param {CatalogueEvent} event
 * @returns {Record<'outbox' | 'queue' | 'projection' | 'conservation' | 'verification', Health> & { payments?: Health }}
 */
export const healthOf = (second, event) => ({
  outbox: outboxHealth(second.outbox),
  queue: queueHealth(second.queue),
  projection: projectionHealth(second.projection),
  conservation: conservationHealth(second.inventory, event),
  verification: verificationHealth(second.verification, event, Date.parse(second.at)),
  ...(second.payments !== 'none' && { payments: paymentsHealth(second.payments, event) }),
});

/** @param {Second['outbox']} outbox @returns {Health} */
function outboxHealth(outbox) {
  if (!outbox) return notKnown('outbox', 'The outbox');
  const { events: domainEvents, oldestSeconds } = outbox;
  const value = formatAmount(domainEvents, 'domain event');
  if (domainEvents === 0) return { tone: 'good', value, detail: 'SNS has accepted everything' };
  const detail = `The oldest has waited ${formatSeconds(oldestSeconds)}`;
  if (oldestSeconds < slowSeconds) return { tone: 'plain', value, detail };
  return {
    tone: 'slow',
    value,
    detail,
    problems: { outbox: `The outbox is not being published: ${value}, up to ${formatSeconds(oldestSeconds)} old` },
  };
}

/** @param {Second['queue']} queue @returns {Health} */
function queueHealth(queue) {
  if (!queue) return notKnown('queue', 'The queue');
  const value = formatAmount(queue.messages, 'message');
  const inFlight = `${formatCount(queue.inFlight)} in flight`;
  if (queue.deadLetters === 0) return { tone: 'good', value, detail: `${inFlight}, no dead letters` };
  const dead = formatAmount(queue.deadLetters, 'dead letter');
  return { tone: 'bad', value: dead, detail: `${value}, ${inFlight}`, problems: { queue: `${dead} in the dead-letter queue` } };
}

/** @param {Projection | null} projection @returns {Health} */
function projectionHealth(projection) {
  if (!projection) return notKnown('projection', 'MySQL');
  const { lagSequences, lagSeconds } = projection;
  if (lagSequences === null || lagSeconds === null) {
    return { tone: 'unknown', value: unknown, detail: 'Redis has no inventory to compare with' };
  }
  if (lagSequences === 0) return { tone: 'good', value: 'Up to date', detail: 'MySQL has every domain event' };
  const value = `${formatSeconds(lagSeconds)} behind`;
  const detail = `${formatAmount(lagSequences, 'domain event')} pending`;
  if (lagSeconds < slowSeconds) return { tone: 'plain', value, detail };
  return { tone: 'slow', value, detail, problems: { projection: `MySQL is ${value}, ${detail}` } };
}

/** @param {Second['inventory']} inventory @param {CatalogueEvent} event @returns {Health} */
function conservationHealth(inventory, event) {
  if (!inventory) return notKnown('inventory', 'The inventory');
  if (inventory === 'missing') {
    return {
      tone: 'bad',
      value: 'No inventory',
      detail: `Nothing can be sold. The operator runs: npm run onsale -- rebuild ${event.eventId}`,
      problems: { 'inventory missing': 'Redis has no inventory for the event' },
    };
  }
  const { zones } = inventory;
  const problems = Object.fromEntries(
    zones.flatMap(({ zoneId, fault }) => (fault ? [[`zone ${zoneId}`, `${zoneName(event, zoneId)}: ${fault}`]] : [])),
  );
  const faults = Object.values(problems);
  if (faults.length > 0) {
    const value = `${formatCount(faults.length)} of ${formatAmount(zones.length, 'zone')} ${faults.length === 1 ? 'does' : 'do'} not add up`;
    const more = faults.length > 2 ? `; and ${formatCount(faults.length - 2)} more` : '';
    return { tone: 'bad', value, detail: faults.slice(0, 2).join('; ') + more, problems };
  }
  const isCompared = zones.every(({ projected }) => projected !== null);
  const detail = isCompared ? 'Available, held and sold agree in Redis and MySQL' : 'In Redis; MySQL cannot be read right now';
  return {
    tone: isCompared ? 'good' : 'plain',
    value: zones.length === 1 ? 'The zone adds up' : `All ${formatCount(zones.length)} zones add up`,
    detail,
  };
}

/** @param {Verification | 'never' | null} verification @param {CatalogueEvent} event @param {number} now @returns {Health} */
function verificationHealth(verification, event, now) {
  if (!verification) return notKnown('verification', 'The last verification');
  if (verification === 'never') {
    return { tone: 'plain', value: 'Never verified', detail: `The operator runs: npm run onsale -- verify ${event.eventId}` };
  }
  const { at, differences, tickets } = verification;
  const seconds = Math.max(0, Math.floor((now - Date.parse(at)) / 1000));
  // Seconds would only flicker.
  const when = seconds < 60 ? 'just now' : `${formatSeconds(seconds - (seconds % 60))} ago`;
  if (differences === 0) {
    return {
      tone: 'good',
      value: 'Nothing missing, nothing twice',
      detail: `${formatAmount(tickets, 'ticket')}, ${when}, ${formatMoment(Date.parse(at))}`,
    };
  }
  const value = formatAmount(differences, 'difference');
  return {
    tone: 'bad',
    value,
    detail: `${verification.summary}; ${when}`,
    problems: { verification: `The last verification found ${value}` },
  };
}

const providerNames = { stripe: 'Stripe', paypal: 'PayPal' };

/** @param {Payments | null} payments @param {CatalogueEvent} event @returns {Health} */
function paymentsHealth(payments, event) {
  if (!payments) return notKnown('payments', 'What was paid');
  const { stuck, providers } = payments;
  const away = providers.filter(({ breaker }) => breaker !== 'closed').map(({ provider }) => providerNames[provider]);
  const isAway = `${away.join(' and ')} ${away.length === 1 ? 'does' : 'do'} not respond`;
  if (stuck > 0) {
    const value = `${formatCount(stuck)} stuck`;
    const why = away.length > 0 ? `${isAway}. ` : '';
    return {
      tone: 'bad',
      value,
      detail: `${why}The operator runs: npm run onsale -- verify ${event.eventId}`,
      problems: {
        payments: stuck === 1 ? '1 payment or refund is stuck' : `${formatCount(stuck)} payments or refunds are stuck`,
      },
    };
  }
  if (away.length > 0) {
    const detail = 'What is paid with it waits, and goes on by itself';
    return { tone: 'slow', value: isAway, detail, problems: { provider: isAway } };
  }
  const names = providers.map(({ provider }) => providerNames[provider]);
  const detail =
    names.length === 0
      ? 'All payments go on by themselves'
      : `${names.join(' and ')} ${names.length === 1 ? 'responds' : 'respond'}`;
  return { tone: 'good', value: 'Nothing stuck', detail };
}

/** @param {CatalogueEvent} event @param {number} zoneId */
const zoneName = (event, zoneId) => event.zones.find((zone) => zone.zoneId === zoneId)?.name ?? `Zone ${zoneId}`;
