import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { readOptions } from './options.ts';

const quiet = () => new Command('chaos').exitOverride().configureOutput({ writeOut: () => {}, writeErr: () => {} });
const read = (line: string) => readOptions(line.split(' ').filter(Boolean), quiet());

describe('the options of chaos', () => {
  it.each([
    ['', { faults: 300, buyers: 30, minutes: 20, outboxOutsideScripts: false, captureBeforePivot: false }],
    ['--faults 12 --seed 7', { faults: 12, seed: 7 }],
    ['--buyers 5 --minutes 1', { buyers: 5, minutes: 1 }],
    ['--outbox-outside-scripts', { faults: 300, outboxOutsideScripts: true }],
    ['--capture-before-pivot', { faults: 300, captureBeforePivot: true }],
  ])('are parsed: "%s"', (line, expected) => {
    expect(read(line)).toMatchObject({ seed: expect.any(Number), ...expected });
  });

  it.each([
    ['--faults -1', 'whole number from 0 to 100000'],
    ['--faults 1e3', 'whole number'],
    ['--seed x', 'whole number'],
    ['--buyers 0', 'whole number from 1 to 500'],
    ['--minutes 0.5', 'whole number'],
    ['--fault 5', 'unknown option'],
    ['5', 'too many arguments'],
  ])('are rejected if invalid: "%s"', (line, message) => {
    expect(() => read(line)).toThrow(message);
  });
});
