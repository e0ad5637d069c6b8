import { styleText } from 'node:util';
import { createLogUpdate } from 'log-update';
import type { Live, SaleOptions } from './hold-sale.ts';

/** What a person sees while a sale goes on. */
export type Show = {
  /** A line for what takes a moment; the next one takes its place. */
  status(line: string): void;
  live(live: Live, options: SaleOptions): void;
  /** What stays. */
  say(text: string): void;
};

const redrawMs = 100;
const barCharacters = 40;
const lineMs = 1_000;

/** In a terminal, a picture that is drawn over again; anywhere else, a line a second. */
export function createShow(stream: NodeJS.WriteStream): Show {
  return stream.isTTY ? terminalShow(stream) : plainShow(stream);
}

function terminalShow(stream: NodeJS.WriteStream): Show {
  const update = createLogUpdate(stream);
  let drawnAt = 0;
  return {
    status: (line) => update(styleText('dim', line, { stream })),
    live(live, options) {
      if (Date.now() - drawnAt < redrawMs) return;
      drawnAt = Date.now();
      update(pictureOf(live, options, stream));
    },
    say(text) {
      update.clear();
      update.done();
      stream.write(`${text}\n`);
    },
  };
}

function plainShow(stream: NodeJS.WritableStream): Show {
  let saidAt = 0;
  return {
    status() {},
    live(live, { seats }) {
      if (Date.now() - saidAt < lineMs) return;
      saidAt = Date.now();
      stream.write(`${lineOf(live, seats)}\n`);
    },
    say: (text) => void stream.write(`${text}\n`),
  };
}

function pictureOf(live: Live, { seats, buyers }: SaleOptions, stream: NodeJS.WriteStream): string {
  const { atMs, sold, refused, failed, perSecond, latency, sample } = live;
  const isSelling = sold + refused + failed < buyers;
  const row = (name: string, count: number, of: number, color: 'green' | 'cyan' | 'yellow') => {
    const full = Math.round((Math.min(count, of) / Math.max(of, 1)) * barCharacters);
    const bar = styleText(color, '█'.repeat(full), { stream }) + styleText('dim', '░'.repeat(barCharacters - full), { stream });
    return `  ${name.padEnd(11)}${bar}  ${formatCount(count)}${of === count ? '' : ` of ${formatCount(of)}`}`;
  };
  return [
    row('sold', sold, seats, 'green'),
    row('projected', sample?.projected ?? 0, seats, 'cyan'),
    row('refused', refused, Math.max(buyers - seats, refused), 'yellow'),
    '',
    isSelling
      ? `  ${formatSeconds(atMs)}   ${formatCount(perSecond)} requests/s   p50 ${formatMs(latency.p50)}   p99 ${formatMs(latency.p99)}`
      : `  every buyer was answered after ${formatSeconds(atMs)}; the projection catches up`,
    `  waiting: ${formatCount(sample?.unpublished ?? 0)} sales in the outbox, ${formatCount(sample?.queued ?? 0)} messages in the queue`,
    ...(failed > 0 ? [styleText('red', `  ${formatCount(failed)} requests failed`, { stream })] : []),
  ].join('\n');
}

function lineOf({ atMs, sold, refused, failed, perSecond, latency, sample }: Live, seats: number): string {
  return [
    formatSeconds(atMs),
    `sold ${formatCount(sold)} of ${formatCount(seats)}`,
    `refused ${formatCount(refused)}`,
    ...(failed > 0 ? [`failed ${formatCount(failed)}`] : []),
    `${formatCount(perSecond)}/s`,
    `p50 ${formatMs(latency.p50)}`,
    `p99 ${formatMs(latency.p99)}`,
    `outbox ${formatCount(sample?.unpublished ?? 0)}`,
    `queue ${formatCount(sample?.queued ?? 0)}`,
    `projected ${formatCount(sample?.projected ?? 0)}`,
  ].join('  ');
}

/** 50,000 */
export const formatCount = (count: number) => Math.round(count).toLocaleString('en-US');
/** 38 ms; below 10 with a decimal. */
export const formatMs = (ms: number) => `${ms < 10 ? ms.toFixed(1) : formatCount(ms)} ms`;
/** 4.21 s */
export const formatSeconds = (ms: number) => `${(ms / 1_000).toFixed(2)} s`;
