import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { readOptions } from './options.ts';

const quiet = () => new Command('flash-sale').exitOverride().configureOutput({ writeOut: () => {}, writeErr: () => {} });
const read = (line: string) => readOptions(line.split(' ').filter(Boolean), quiet());

describe('the options of a flash sale', () => {
  it.each([
    ['', { kind: 'sale', options: { seats: 50_000, buyers: 65_000, connections: 500, best: false } }],
    ['--seats 300 --buyers 400 --seed 7', { kind: 'sale', options: { seats: 300, buyers: 400, seed: 7 } }],
    ['--seats 1000', { kind: 'sale', options: { seats: 1_000, buyers: 1_300 } }],
    ['--seats 78000 --duplicates 110', { kind: 'sale', options: { seats: 78_000, buyers: 163_800 } }],
    ['--best --connections 5', { kind: 'sale', options: { best: true, connections: 5 } }],
    ['--table', { kind: 'table', options: { seats: 78_000, connections: 1_000, best: false } }],
    ['--table --seats 300 --connections 20', { kind: 'table', options: { seats: 300, connections: 20 } }],
  ])('are parsed: "%s"', (line, expected) => {
    expect(read(line)).toMatchObject(expected);
  });

  it.each([
    ['--seats 0', 'whole number from 1 to 200000'],
    ['--seats 1e3', 'whole number'],
    ['--seats -5', 'whole number'],
    ['--buyers 500001', 'whole number from 1 to 500000'],
    ['--duplicates 10.5', 'whole number'],
    ['--connections 5001', 'whole number from 1 to 5000'],
    ['--seed x', 'whole number'],
    ['--seats 200000 --duplicates 1000', 'would be 2200000 buyers; the maximum is 500000'],
    ['--buyers 10 --duplicates 10', 'cannot be used with'],
    ['--table --buyers 10', 'cannot be used with'],
    ['--table --duplicates 10', 'cannot be used with'],
    ['--sets 5', 'unknown option'],
    ['5', 'too many arguments'],
  ])('are rejected if invalid: "%s"', (line, message) => {
    expect(() => read(line)).toThrow(message);
  });
});
