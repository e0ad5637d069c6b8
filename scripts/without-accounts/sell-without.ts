import { setTimeout as pause } from 'node:timers/promises';
import { verifyEvent } from '../../services/catalogue/verify/verify-event.ts';
import { isNeededToSell, pathTable, type ServiceName, serviceNames } from '../../services/shared/http/path-table.ts';
import { holdSale, type SaleOptions } from '../flash-sale/hold-sale.ts';
import { judgeSale } from '../flash-sale/judge-sale.ts';
import type { SystemUnderSale } from '../flash-sale/system.ts';
import { connectStores } from '../local/connect.ts';
import { connectMessaging } from '../local/messaging.ts';
import type { Ports } from '../local/ports.ts';
import type { LocalProcess } from '../local/process.ts';
import { type Accounts, freshTokens, signInBuyers } from './buyers.ts';

/** `seconds`: how long to sell without accounts; at most for as long as the buyers' tokens are valid. */
export type Options = { seconds: number; seats: number; buyers: number };

/** The result of one sold-out event. `startedMs`: since the services were killed; negative before. */
export type Round = {
  eventId: string;
  startedMs: number;
  perSecond: number;
  p99Ms: number;
  sold: number;
  /** Requests that were refused, by code, or failed, by reason. None is expected: there is a seat for everybody. */
  faults: Record<string, number>;
  /** Tickets that are not as their buyers were told, and what `verify` found. */
  differences: string[];
};

/** `soldForMs`: from the kill to the end of the last sale. */
export type Run = { before: Round[]; after: Round[]; killed: string[]; soldForMs: number };

const rehearsals = 2;
const roundsBefore = 3;
/** Sales begin this often: as fast as possible they would sell millions of tickets. */
const everyMs = 10_000;
/** No sale begins so shortly before the first token expires. */
const marginMs = 10_000;
const connections = 500;

const unneeded = serviceNames.filter((service) => !isNeededToSell(service));

/**
 * Signs buyers in, sells out one event after another to them, kills all services that sales do not need (-9), and goes on selling to the
 * same buyers. Each sale is judged: every answer against MySQL, and both stores against each other.
 */
export async function sellWithout(
  { system, others, ports }: { system: SystemUnderSale; others: LocalProcess[]; ports: Ports },
  { seconds, seats, buyers }: Options,
  { say, signal }: { say: (line: string) => void; signal?: AbortSignal },
): Promise<Run> {
  await using resources = new AsyncDisposableStack();
  const stores = { ...(await connectStores(system.stores, resources)), messaging: connectMessaging(ports, resources) };
  const balancer = `http://localhost:${ports['load-balancer']}`;
  const accounts: Accounts = { accountsUrl: balancer, mailUrl: `http://localhost:${ports.mailbox}` };
  const options: SaleOptions = { seats, buyers: seats, connections, best: false, seed: 1 };

  say(`Signing in ${buyers} buyers …`);
  const people = await signInBuyers(accounts, buyers);
  let tokens = people.map(({ accessToken }) => accessToken);
  let killedAtMs: number | undefined;

  async function sell(): Promise<Round> {
    const startedAtMs = Date.now();
    const sale = await holdSale(system, { ...options, tokens }, { ...(signal && { signal }) });
    const { inventory, load } = sale;
    const verdict = await judgeSale(system, sale);
    const verification = await verifyEvent(stores, inventory.eventId);
    const round: Round = {
      eventId: inventory.eventId,
      startedMs: killedAtMs === undefined ? -1 : startedAtMs - killedAtMs,
      perSecond: (load.accepted * 1_000) / load.lastAcceptedMs,
      p99Ms: load.latency.p99,
      sold: load.accepted,
      faults: { ...load.refused, ...load.failed },
      differences: [
        ...verdict.examples,
        ...(verdict.isRight ? [] : ['the sale was not judged right']),
        ...(verification.count === 0 ? [] : [`verify found ${verification.count} differences`]),
      ],
    };
    say(lineOf(round));
    return round;
  }

  say('Rehearsing to warm up the services …');
  for (let rehearsed = 0; rehearsed < rehearsals; rehearsed++)
    await holdSale(system, { ...options, tokens }, { ...(signal && { signal }) });
  const before: Round[] = [];
  while (before.length < roundsBefore) before.push(await sell());

  // The last moment at which anybody gets a token.
  const fresh = await freshTokens(accounts, people);
  tokens = fresh.tokens;
  const killed = others.filter(({ name }) => unneeded.some((service) => service === name));
  for (const process of killed) process.kill('SIGKILL');
  await Promise.all(killed.map(({ exited }) => exited));
  killedAtMs = Date.now();
  await assertGone(balancer);
  say(
    `Killed ${killed.map(({ name }) => name).join(' and ')}. Nobody can sign in now; the buyers' tokens are valid for ten minutes.`,
  );

  const untilMs = Math.min(killedAtMs + seconds * 1_000, fresh.validUntilMs - marginMs);
  const after: Round[] = [];
  do {
    const nextAtMs = Date.now() + everyMs;
    after.push(await sell());
    await pause(Math.max(0, Math.min(nextAtMs, untilMs) - Date.now()), undefined, { ...(signal && { signal }) });
  } while (Date.now() < untilMs);
  await assertGone(balancer);
  return { before, after, killed: killed.map(({ name }) => name), soldForMs: Date.now() - killedAtMs };
}

const lineOf = ({ startedMs, perSecond, p99Ms, sold }: Round) =>
  [
    startedMs < 0 ? '  before' : `  ${String(Math.round(startedMs / 1_000)).padStart(4)} s`,
    `sold ${sold.toLocaleString('en-US')}`,
    `${Math.round(perSecond).toLocaleString('en-US')} orders/s`,
    `p99 ${Math.round(p99Ms)} ms`,
  ].join('   ');

/** Rejects if a service that was killed answers. */
async function assertGone(balancer: string): Promise<void> {
  const answering = await Promise.all(
    unneeded.map(async (service: ServiceName) => (await fetch(`${balancer}${pathTable[service].prefix}/live`)).ok),
  );
  if (answering.includes(true)) throw new Error('A service that was killed answers');
}
