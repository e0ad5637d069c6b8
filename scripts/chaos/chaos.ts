import { pathTable } from '../../services/shared/http/path-table.ts';
import { createRandom } from '../testing/random.ts';
import { findAftermath } from './aftermath.ts';
import { createAsk } from './ask.ts';
import { runBuyer } from './buyer.ts';
import { copyWithCaptureBeforePivot } from './capture-before-pivot.ts';
import { everyKind, type FaultKind, type PartName, planFaults, taskAndRedisKinds } from './faults.ts';
import { type History, newHistory } from './history.ts';
import { judge } from './judge.ts';
import { judgeMoney } from './money.ts';
import type { ChaosOptions } from './options.ts';
import { type Organiser, startOrganiser } from './organiser.ts';
import { copyWithOutboxOutsideScripts } from './outbox-outside-scripts.ts';
import { createAct, runPayer } from './payer.ts';
import { proveEvents } from './prove-events.ts';
import { readBooks } from './read-books.ts';
import { readTickets } from './read-tickets.ts';
import { runReader } from './reader.ts';
import { faultLine, type Run } from './report.ts';
import { startSession } from './session.ts';
import { untilCancelled, untilHealthy, untilSettled } from './settle.ts';
import { giveUpUnpaid, readOutcomes, untilPaymentsSettled } from './settle-payments.ts';
import { storm } from './storm.ts';
import { type ChaosSystem, startChaosSystem } from './system.ts';

export type Stage = { folder: string; resources: AsyncDisposableStack; say: (line: string) => void };

const readers = 3;
/** One buyer in three pays. */
const payerEvery = 3;
/** One buyer in five has an account. */
const signedInEvery = 5;
/** Once the system is healthy again, every open request must be answered within this time. */
const lastAnswersMs = 30_000;

/**
 * Runs buyers while parts of the system are killed, stopped and cut off. Then lets the system settle, replays the messages that
 * died with the emulator, and compares what the buyers saw with the stores. Rejects if the system does not recover by itself.
 */
export async function runChaos(options: ChaosOptions, { folder, resources, say }: Stage): Promise<Run> {
  const history = newHistory();
  const onDeath = (part: PartName) => void history.surprises.push(`${part} exited without being killed; see ${folder}/log`);
  const root = rootOf(options, folder);
  const system = await startChaosSystem({ folder, resources, say, onDeath, ...(root !== undefined && { root }) });
  const stopping = new AbortController();
  resources.defer(() => stopping.abort());
  const organiser = await startOrganiser(system, stopping.signal);
  const startedAt = performance.now();
  const faults = await raiseStorm(options, { system, organiser, history, stopping, resources, say });
  const stormMs = performance.now() - startedAt;

  const { events } = organiser;
  const eventIds = events.map(({ eventId }) => eventId);
  say('The faults are over, and no request is waiting for an answer. Waiting for the system to settle …');
  const paying = { system, history };
  await giveUpUnpaid(paying);
  const cancelled = await untilCancelled(system, say);
  history.surprises.push(...(await untilPaymentsSettled(system, say)));
  history.surprises.push(...(await untilSettled(system, eventIds, say)));
  say("Replaying anything that was lost with the emulator's memory, and verifying every event …");
  const proof = await proveEvents(system, eventIds);
  history.surprises.push(...(await findAftermath(system)));
  const { purchases, holds, broken } = await readOutcomes(paying);
  history.purchases.push(...purchases);
  history.holds.push(...holds);
  history.surprises.push(...broken);
  history.cancellations.push(...ordersOfCancelled(history, cancelled));
  const books = await readBooks(system, events);
  const undone = new Set(books.checkouts.flatMap(({ state, orderId }) => (state === 'paid' ? [] : [orderId])));
  // An order that could not be paid in the end was cancelled again, and nobody was told of it.
  const tickets = (await readTickets(system.db, eventIds)).filter(
    ({ orderId, status }) => !(undone.has(orderId) && status === 'CANCELLED'),
  );
  const verdict = judge(history, tickets, events);
  return { options, faults, history, verdict, money: judgeMoney(books), books, proof, stormMs };
}

/** Runs buyers and faults until the faults are over and every buyer has an answer. Returns the faults that occurred. */
async function raiseStorm(
  options: ChaosOptions,
  around: { system: ChaosSystem; organiser: Organiser; history: History; stopping: AbortController } & Omit<Stage, 'folder'>,
): Promise<FaultKind[]> {
  const { system, organiser, history, stopping, resources, say } = around;
  const { seed } = options;
  const giveUp = new AbortController();
  // Registered after the processes, so it runs before they stop: buyers must not send to dead services.
  resources.defer(() => giveUp.abort());
  const { onSale, toPay } = organiser;
  const common = { history, onSale, toPay, stopping: stopping.signal };
  const act = createAct(system.paymentsUrl, giveUp.signal);
  const apisOf = (service: 'purchase' | 'checkout', urls: string[]) =>
    urls.map((url) => `${url}${pathTable[service].prefix}/api/v1`);
  const purchase = apisOf('purchase', system.purchaseUrls);
  const checkout = apisOf('checkout', system.checkoutUrls);
  const office = { authorization: async () => `Bearer ${system.opsToken}` };
  const people = Promise.all([
    organiser.run(),
    ...Array.from({ length: options.buyers }, async (_, at) => {
      const name = `buyer-${at + 1}`;
      const random = createRandom(seed, name);
      const asking = { random, history, giveUp: giveUp.signal };
      if (at % payerEvery === 0) {
        const ask = {
          purchase: createAsk({ ...asking, urls: purchase }),
          checkout: createAsk({ ...asking, urls: checkout }),
          office: createAsk({ ...asking, urls: checkout, session: office }),
        };
        return await runPayer({ ...common, name, random, ask, act });
      }
      const session = at % signedInEvery === 0 ? await startSession(system.issuer) : undefined;
      const ask = createAsk({ ...asking, urls: purchase, session });
      return await runBuyer({ ...common, name, random, ask, session });
    }),
    ...Array.from({ length: readers }, (_, at) =>
      runReader({ ...common, url: system.queryUrl, random: createRandom(seed, `reader ${at}`) }),
    ),
  ]);
  try {
    const kinds = options.outboxOutsideScripts ? taskAndRedisKinds : everyKind;
    const plan = planFaults(createRandom(seed, 'faults'), options.faults, kinds);
    const time = AbortSignal.timeout(options.minutes * 60_000);
    const signal = AbortSignal.any([time, stopping.signal]);
    let begun = 0;
    const startedAt = performance.now();
    const onFault = (fault: (typeof plan)[number]) =>
      say(faultLine({ fault, at: ++begun, of: plan.length, afterMs: performance.now() - startedAt, history }));
    const faults = await Promise.race([storm(system.parts, plan, { signal, onFault }), people.then(() => [])]);
    await untilHealthy(system);
    return faults;
  } finally {
    stopping.abort();
    setTimeout(() => giveUp.abort(), lastAnswersMs).unref();
    await people;
  }
}

/** The root of the services to run, if not this one: with a fault planted in them. */
function rootOf({ outboxOutsideScripts, captureBeforePivot }: ChaosOptions, folder: string): string | undefined {
  if (outboxOutsideScripts) return copyWithOutboxOutsideScripts(folder);
  return captureBeforePivot ? copyWithCaptureBeforePivot(folder) : undefined;
}

/** The orders that the organiser cancelled together with their events. */
function ordersOfCancelled({ purchases }: History, cancelled: ReadonlySet<string>): History['cancellations'] {
  return purchases.flatMap(({ eventId, outcome }) => {
    if (outcome.kind !== 'yes' || !cancelled.has(eventId)) return [];
    const { orderId, tickets } = outcome.told;
    return [{ orderId, ticketIds: tickets.map(({ ticketId }) => ticketId), outcome: { kind: 'yes' as const, told: {} } }];
  });
}
