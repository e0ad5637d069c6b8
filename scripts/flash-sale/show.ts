import { styleText } from 'node:util';
import { createLogUpdate } from 'log-update';
import { countOf } from '../../services/shared/basics/text.ts';
import { alignColumns } from '../terminal/align-columns.ts';
import { atMostEvery } from '../terminal/at-most-every.ts';
import type { Live, SaleOptions } from './hold-sale.ts';

/** Shows a sale in progress to a person. */
export type Show = {
  /** A step in progress. In a terminal the next line replaces it. */
  status(line: string): void;
  /** The progress of a rehearsal. */
  rehearsal(live: Live, seats: number): void;
  live(live: Live, options: SaleOptions): void;
  /** Text that stays on the screen. */
  say(text: string): void;
};

const redrawMs = 100;
const barCharacters = 40;
const lineMs = 1_000;

/** In a terminal, redraws a picture; elsewhere, writes a line per second. Shows nothing once `isOver()`. */
export function createShow(stream: NodeJS.WriteStream, isOver: () => boolean): Show {
  const { status, rehearsal, live, say } = stream.isTTY ? terminalShow(stream) : plainShow(stream);
  const unlessOver =
    <Args extends unknown[]>(show: (...args: Args) => void) =>
    (...args: Args) => {
      if (!isOver()) show(...args);
    };
  return { status: unlessOver(status), rehearsal: unlessOver(rehearsal), live: unlessOver(live), say: unlessOver(say) };
}

function terminalShow(stream: NodeJS.WriteStream): Show {
  const update = createLogUpdate(stream);
  const isDue = atMostEvery(redrawMs);
  const status = (line: string) => update(styleText('dim', line, { stream }));
  return {
    status,
    rehearsal(live, seats) {
      if (isDue()) status(rehearsalLine(live, seats));
    },
    live(live, options) {
      if (isDue()) update(pictureOf(live, options, stream));
    },
    say(text) {
      update.clear();
      update.done();
      stream.write(`${text}\n`);
    },
  };
}

function plainShow(stream: NodeJS.WritableStream): Show {
  const isDue = atMostEvery(lineMs);
  const say = (text: string) => void stream.write(`${text}\n`);
  return {
    status: say,
    rehearsal(live, seats) {
      if (isDue()) say(rehearsalLine(live, seats));
    },
    live(live, options) {
      if (isDue()) say(lineOf(live, options));
    },
    say,
  };
}

const of = (count: number, all: number) => `${formatCount(count)} of ${formatCount(all)}`;

const rehearsalLine = ({ sold, sample }: Live, seats: number) =>
  `Rehearsing to warm up the services: ${of(sold, seats)} seats sold, ${formatCount(sample?.projected ?? 0)} in MySQL …`;

const isSelling = ({ sold, refused, failed }: Live, { buyers }: SaleOptions) => sold + refused + failed < buyers;

function pictureOf(live: Live, options: SaleOptions, stream: NodeJS.WriteStream): string {
  const { atMs, sold, refused, failed, perSecond, latency, sample } = live;
  const { seats, buyers } = options;
  const row = (name: string, count: number, all: number, color: 'green' | 'cyan' | 'yellow') => {
    const full = Math.round((Math.min(count, all) / Math.max(all, 1)) * barCharacters);
    const bar = styleText(color, '█'.repeat(full), { stream }) + styleText('dim', '░'.repeat(barCharacters - full), { stream });
    return [`  ${name}`, bar, count === all ? formatCount(count) : of(count, all)];
  };
  return [
    ...alignColumns([
      row('sold', sold, seats, 'green'),
      row('in MySQL', sample?.projected ?? 0, seats, 'cyan'),
      row('refused', refused, Math.max(buyers - seats, refused), 'yellow'),
    ]),
    '',
    isSelling(live, options)
      ? `  ${formatSeconds(atMs)}   ${formatCount(perSecond)} requests/s   so far: p50 ${formatMs(latency.p50)}, p99 ${formatMs(latency.p99)}`
      : `  all buyers were answered after ${formatSeconds(atMs)}; MySQL is catching up`,
    `  waiting: ${countOf(sample?.unpublished ?? 0, 'sale')} in the outbox, ${countOf(sample?.queued ?? 0, 'message')} in the queue`,
    ...(failed > 0 ? [styleText('red', `  ${countOf(failed, 'request')} failed`, { stream })] : []),
  ].join('\n');
}

function lineOf(live: Live, options: SaleOptions): string {
  const { atMs, sold, refused, failed, perSecond, latency, sample } = live;
  const { unpublished = 0, queued = 0, projected = 0 } = sample ?? {};
  const pipeline = [`outbox ${formatCount(unpublished)}`, `queue ${formatCount(queued)}`, `in MySQL ${of(projected, sold)}`];
  if (!isSelling(live, options))
    return [`All buyers were answered after ${formatSeconds(atMs)}; MySQL is catching up:`, ...pipeline].join('  ');
  return [
    formatSeconds(atMs).padStart(8),
    `sold ${of(sold, options.seats)}`,
    `refused ${formatCount(refused)}`,
    ...(failed > 0 ? [`failed ${formatCount(failed)}`] : []),
    `${formatCount(perSecond)} requests/s`,
    `p50 ${formatMs(latency.p50)}`,
    `p99 ${formatMs(latency.p99)}`,
    ...pipeline,
  ].join('  ');
}

/** 50,000 */
export const formatCount = (count: number) => Math.round(count).toLocaleString('en-US');
/** 38 ms; with one decimal below 10. */
export const formatMs = (ms: number) => `${ms < 10 ? ms.toFixed(1) : formatCount(ms)} ms`;
/** 4.21 s */
export const formatSeconds = (ms: number) => `${(ms / 1_000).toFixed(2)} s`;
