import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';

const folder = import.meta.dirname;

/** What a script's header says of it, and what its body does. */
function readScript(file: string) {
  const lines = readFileSync(join(folder, 'lua', file), 'utf8').split('\n');
  const comments = lines.filter((line) => line.startsWith('--'));
  const body = lines.map((line) => line.replace(/--.*$/, '')).join('\n');
  const listed = (pattern: RegExp) => comments.flatMap((line) => pattern.exec(line)?.[1] ?? []);
  return {
    header: {
      keys: listed(/^-- KEYS\[(\d+)\] \w/).map(Number),
      keyNames: listed(/^-- KEYS\[\d+\] (\w+)/),
      args: listed(/^-- ARGV\[(\d+)\] \w/).map(Number),
      replies: listed(/^-- REPLY ([A-Z_]+)\b/),
      costs: listed(/^-- COST (\S.*)$/),
      purpose: lines[0],
    },
    body: { keys: indexes(body, 'KEYS'), args: indexes(body, 'ARGV'), replies: replyWords(body), text: body },
  };
}

/** Which elements of KEYS or ARGV a body uses, each once, in order. */
function indexes(body: string, table: string): number[] {
  const found = [...body.matchAll(new RegExp(`\\b${table}\\[(\\d+)\\]`, 'g'))].map(([, index]) => Number(index));
  return [...new Set(found)].toSorted((a, b) => a - b);
}

/** A call of Redis with its arguments, parentheses within them up to two deep. */
const redisCall = /redis\.p?call\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)/g;

/** The upper-case words that a body can answer: those which are neither Redis' commands and options nor compared with. */
function replyWords(body: string): string[] {
  const rest = body.replace(redisCall, '').replace(/[=~]=\s*(['"])[A-Z_]+\1/g, '');
  return [...new Set([...rest.matchAll(/(['"])([A-Z][A-Z_]+)\1/g)].map(([, , word = '']) => word))].toSorted();
}

const upTo = (count: number) => Array.from({ length: count }, (_, at) => at + 1);

const sources = globSync('*.ts', { cwd: folder })
  .filter((file) => !file.includes('.test.'))
  .map((file) => readFileSync(join(folder, file), 'utf8'));

const files = globSync('*.lua', { cwd: join(folder, 'lua') });

it('there are scripts to compare', () => {
  expect(files).toEqual(expect.arrayContaining(['open-inventory.lua', 'sell-seat.lua']));
});

describe.each(files)('%s', (file) => {
  const { header, body } = readScript(file);

  it('lists its keys and arguments without a gap, and its body uses exactly those', () => {
    expect(header.keys).toEqual(upTo(header.keys.length));
    expect(header.args).toEqual(upTo(header.args.length));
    expect(body.keys).toEqual(header.keys);
    expect(body.args).toEqual(header.args);
  });

  it('reaches its keys and arguments by number only, and makes up no key of its own', () => {
    expect(body.text.replace(/\b(KEYS|ARGV)\[\d+\]/g, '')).not.toMatch(/\b(KEYS|ARGV)\b/);
    for (const [call] of body.text.matchAll(redisCall)) {
      if (/\(\s*'TIME'\s*\)/.test(call)) continue;
      expect(call).toMatch(/^redis\.p?call\(\s*'[A-Z]+',\s*KEYS\[\d+\]/);
    }
  });

  it('lists each reply that its body gives, and gives each that it lists', () => {
    expect(new Set(header.replies).size).toBe(header.replies.length);
    expect(body.replies).toEqual(header.replies.toSorted());
  });

  it('says what it does and what it costs', () => {
    expect(header.purpose).toMatch(/^-- \S.*[.;]/);
    expect(header.costs).toHaveLength(1);
    expect(header.costs[0]).toMatch(/O\(.+\)/);
  });

  it('has one owner, which passes the keys that the header names, in that order', () => {
    const owners = sources.filter((source) => source.includes(`loadScript('${basename(file, '.lua')}')`));
    expect(owners).toHaveLength(1);
    const passed = [...(owners[0] ?? '').matchAll(/const keys = \[([^\]]*)\]/g)].map(([, list = '']) =>
      [...list.matchAll(/(\w+)Key\(/g)].map(([, name]) => name),
    );
    expect(passed).toContainEqual(header.keyNames);
  });
});
