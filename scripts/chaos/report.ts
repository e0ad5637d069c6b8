import { alignColumns } from '../terminal/align-columns.ts';
import { type Fault, type FaultKind, nameOf, partNames } from './faults.ts';
import type { History } from './history.ts';
import { isRight, type Verdict } from './judge.ts';
import { type Books, isMoneyRight, type MoneyVerdict } from './money.ts';
import type { ChaosOptions } from './options.ts';
import { isProven, type Proof } from './prove-events.ts';

/** A finished run: its faults, what its buyers saw, and the verdict. */
export type Run = {
  options: ChaosOptions;
  faults: FaultKind[];
  history: History;
  verdict: Verdict;
  money: MoneyVerdict;
  books: Books;
  proof: Proof;
  stormMs: number;
};

const mostExamples = 10;

const count = (number: number) => number.toLocaleString('en-US');

/** "  12.3 s   7 of 300  kill -9 redis for 1.2 s       sold 1,204  refused 3,001  unknown 12" */
export function faultLine(now: { fault: Fault; at: number; of: number; afterMs: number; history: History }): string {
  const { fault, at, of, afterMs, history } = now;
  const what = `${nameOf(fault)} for ${(fault.forMs / 1_000).toFixed(1)} s`;
  const { tickets, unknown } = tally(history);
  return [
    `${(afterMs / 1_000).toFixed(1).padStart(6)} s`,
    `${String(at).padStart(String(of).length)} of ${of}`,
    what.padEnd(28),
    `sold ${count(tickets)}`,
    `refused ${count(history.refused)}`,
    `unknown ${count(unknown)}`,
  ].join('  ');
}

function tally({ purchases, cancellations }: History) {
  const promised = purchases.flatMap(({ outcome }) => (outcome.kind === 'yes' ? [outcome.told] : []));
  const unknownPurchases = purchases.filter(({ outcome }) => outcome.kind === 'unknown').length;
  return {
    orders: promised.length,
    tickets: promised.reduce((sum, { tickets }) => sum + tickets.length, 0),
    cancelled: cancellations.filter(({ outcome }) => outcome.kind === 'yes').length,
    unknown: unknownPurchases + cancellations.filter(({ outcome }) => outcome.kind === 'unknown').length,
  };
}

/** Whether nothing at all was wrong. */
export const wasRight = ({ verdict, money, proof }: Pick<Run, 'verdict' | 'money' | 'proof'>) =>
  isRight(verdict) && isMoneyRight(money) && isProven(proof);

/** The report on a run, as text. */
export function reportOf(run: Run): string {
  const { options, faults, history, verdict, money, books, proof, stormMs } = run;
  const { orders, tickets, cancelled, unknown } = tally(history);
  const { oversold, lost, unexplained, broken } = verdict;
  return [
    '',
    `${count(faults.length)} faults in ${Math.round(stormMs / 1_000)} s, with ${options.buyers} buyers:`,
    ...faultTable(faults),
    '',
    ...alignColumns([
      [
        'Requests',
        `${count(history.requests)}, of which ${count(history.unanswered)} got no answer or a 503, and ${count(history.refused)} were refused`,
      ],
      ['Promises', `${count(orders)} orders with ${count(tickets)} tickets, ${count(history.holds.length)} holds`],
      ['Cancellations', count(cancelled)],
      ['Payments', paymentsLine(books)],
      ['Unknown', `${count(unknown)} outcomes of requests without an Idempotency-Key that got no answer`],
      ['Sent again', `${count(history.askedTwice)} requests with the same Idempotency-Key, to compare the answers`],
      ['Replayed', `${count(proof.replayed)} domain events that were lost with the emulator's memory`],
    ]),
    '',
    'Result of "onsale verify" for each event:',
    ...proof.events.map(({ summary, differences }) => `  ${differences.length === 0 ? '✓' : '✗'} ${summary}`),
    '',
    `oversold ${oversold.length}, lost ${lost.length}, unexplained ${unexplained.length}${broken.length > 0 ? `, other faults ${broken.length}` : ''}`,
    ...examplesOf(verdict),
    `paid without seat ${money.paidWithoutSeat.length}, seat without payment ${money.seatWithoutPayment.length}, charged twice ${money.chargedTwice.length}, money unaccounted ${money.unaccounted.length}`,
    ...examplesOf(money),
    ...proof.events.flatMap(({ eventId, differences }) => examples(`${eventId}, found by "verify"`, differences)),
    '',
    conclusionOf(run),
  ].join('\n');
}

/** "402 checkouts, of which 301 were paid; 310 payments took 45,120.00, and 80 refunds gave 12,000.00 back" */
function paymentsLine({ checkouts, ledger, refunds }: Books): string {
  const paid = checkouts.filter(({ state }) => state === 'paid').length;
  const taken = ledger.filter(({ capturedMinor }) => capturedMinor > 0);
  const total = (amounts: number[]) => count(amounts.reduce((sum, amount) => sum + amount, 0) / 100);
  return [
    `${count(checkouts.length)} checkouts, of which ${count(paid)} were paid`,
    `${count(taken.length)} payments took ${total(taken.map(({ capturedMinor }) => capturedMinor))}`,
    `${count(refunds.length)} refunds gave ${total(ledger.map(({ refundedMinor }) => refundedMinor))} back`,
  ].join('; ');
}

function conclusionOf(run: Run): string {
  const { seed, faults, buyers, outboxOutsideScripts, captureBeforePivot } = run.options;
  const control = outboxOutsideScripts ? ' --outbox-outside-scripts' : captureBeforePivot ? ' --capture-before-pivot' : '';
  const again = `--seed ${seed} --faults ${faults} --buyers ${buyers}${control}`;
  if (captureBeforePivot)
    return isMoneyRight(run.money)
      ? `The control passed, but it must fail: chaos did not notice money taken for lost seats, or no seats were lost (${again}).`
      : 'The control failed, as it must when money is taken before the seats are sold.';
  if (outboxOutsideScripts)
    return wasRight(run)
      ? `The control passed, but it must fail: chaos did not notice appends outside the scripts, or no fault hit one (${again}).`
      : 'The control failed, as it must when the append to the outbox is outside the scripts.';
  return wasRight(run)
    ? `Every promise was kept: nothing was sold twice, nothing was lost, every ticket was bought by somebody, and money and seats agree (seed ${seed}).`
    : `At least one promise was broken. To repeat the run: npm run chaos -- ${again}`;
}

function faultTable(faults: Run['faults']): string[] {
  const rows = partNames.flatMap((part) => {
    const ofPart = faults.filter((fault) => fault.part === part);
    if (ofPart.length === 0) return [];
    const kinds = Map.groupBy(ofPart, ({ deed }) => deed);
    const words = { kill: 'killed (-9)', freeze: 'stopped', cut: 'cut off', trouble: 'misbehaved' };
    const what = (['kill', 'freeze', 'cut', 'trouble'] as const).flatMap((deed) => {
      const times = kinds.get(deed)?.length ?? 0;
      return times === 0 ? [] : [`${words[deed]} ${count(times)} ×`];
    });
    return [[`  ${part}`, what.join(', ')]];
  });
  return alignColumns(rows);
}

const examplesOf = (verdict: Verdict | MoneyVerdict) =>
  Object.entries(verdict).flatMap(([kind, faults]) => examples(kind, faults));

function examples(kind: string, faults: string[]): string[] {
  if (faults.length === 0) return [];
  const more = faults.length > mostExamples ? [`    … and ${count(faults.length - mostExamples)} more`] : [];
  return [`  ${kind}:`, ...faults.slice(0, mostExamples).map((fault) => `    ${fault}`), ...more];
}
