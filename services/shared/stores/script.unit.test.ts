import { globSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { loadScript } from './script.ts';

const services = join(import.meta.dirname, '../..');

/** What a script's header claims, together with the headers of included files, and what its body does. */
function readScript(file: string) {
  const lines = loadScript(pathToFileURL(join(services, file))).source.split('\n');
  const comments = lines.filter((line) => line.startsWith('--'));
  const body = lines.map((line) => line.replace(/--.*$/, '').replace(/\{ unpack\((KEYS|ARGV), (\d+)\) \}/, '$1[$2]')).join('\n');
  const listed = (pattern: RegExp) => comments.flatMap((line) => pattern.exec(line)?.[1] ?? []);
  return {
    header: {
      // The last one may end with "…", and then stands for all that follow too.
      keys: listed(/^-- KEYS\[(\d+)…?\] \w/).map(Number),
      keyNames: listed(/^-- KEYS\[\d+…?\] (\w+)/),
      // The file's own arguments stand above those of the files that it includes.
      args: listed(/^-- ARGV\[(\d+)…?\] \w/)
        .map(Number)
        .toSorted((a, b) => a - b),
      replies: listed(/^-- REPLY ([A-Z_]+)\b/),
      costs: listed(/^-- COST (\S.*)$/),
      purpose: lines[0],
    },
    body: { keys: indexes(body, 'KEYS'), args: indexes(body, 'ARGV'), replies: replyWords(body), text: body },
  };
}

/** The elements of KEYS or ARGV that a body uses, without duplicates, in order. */
function indexes(body: string, table: string): number[] {
  const found = [...body.matchAll(new RegExp(`\\b${table}\\[(\\d+)\\]`, 'g'))].map(([, index]) => Number(index));
  return [...new Set(found)].toSorted((a, b) => a - b);
}

/** A Redis call with its arguments, which may contain parentheses up to two deep. */
const redisCall = /redis\.p?call\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)/g;

/** The upper-case words that a body can return: not Redis' commands and options, nor words that it compares with. */
function replyWords(body: string): string[] {
  const rest = body.replace(redisCall, '').replace(/[=~]=\s*(['"])[A-Z_]+\1/g, '');
  return [...new Set([...rest.matchAll(/(['"])([A-Z][A-Z_]+)\1/g)].map(([, , word = '']) => word))].toSorted();
}

const upTo = (count: number) => Array.from({ length: count }, (_, at) => at + 1);

const read = (file: string) => readFileSync(join(services, file), 'utf8');

/** The TypeScript files beside a script's folder. They include the one that runs all scripts of a service. */
const sourcesBeside = (file: string) =>
  globSync(join(dirname(dirname(file)), '*.ts'), { cwd: services })
    .filter((source) => !source.includes('.test.'))
    .map(read);

const files = globSync('**/lua/*.lua', { cwd: services });

it('there are scripts to compare', () => {
  expect(files.map((file) => basename(file))).toEqual(
    expect.arrayContaining(['open-inventory.lua', 'take-seats.lua', 'read-seats.lua']),
  );
});

describe.each(files)('%s', (file) => {
  const { header, body } = readScript(file);

  it('lists its keys and arguments without gaps, and its body uses exactly those', () => {
    expect(header.keys).toEqual(upTo(header.keys.length));
    expect(header.args).toEqual(upTo(header.args.length));
    expect(body.keys).toEqual(header.keys);
    expect(body.args).toEqual(header.args);
  });

  it('accesses its keys and arguments only by number, and builds no keys itself', () => {
    expect(body.text.replace(/\b(KEYS|ARGV)\[\d+\]/g, '')).not.toMatch(/\b(KEYS|ARGV)\b/);
    // Keys have the names from the header: the table `key` is filled once and never changed.
    const names = [...body.text.matchAll(/^ {2}(\w+) = KEYS\[(\d+)\]/gm)].map(([, name, index]) => [name, Number(index)]);
    if (names.length > 0) expect(names).toEqual(header.keyNames.map((name, at) => [name, at + 1]));
    expect(body.text).not.toMatch(/\bkey\.\w+\s*=[^=]|\bkey\[/);
    for (const [call] of body.text.matchAll(redisCall)) {
      // These commands take no key.
      if (/\('(TIME|INFO)'/.test(call)) continue;
      expect(call).toMatch(/^redis\.p?call\(\s*'[A-Z]+',\s*('[A-Z]+',\s*)?(KEYS\[\d+\]|key\.\w+)/);
    }
  });

  it('lists exactly the replies that its body returns', () => {
    expect(new Set(header.replies).size).toBe(header.replies.length);
    expect(body.replies).toEqual(header.replies.toSorted());
  });

  it('states what it does and what it costs', () => {
    expect(header.purpose).toMatch(/^-- \S.*[.;]/);
    expect(header.costs).toHaveLength(1);
    expect(header.costs[0]).toMatch(/O\(.+\)/);
  });

  it('has one owner, which passes the keys that the header lists, in that order', () => {
    const loaded = `loadScript(new URL('lua/${basename(file, '.lua')}.lua', import.meta.url))`;
    const sources = sourcesBeside(file);
    expect(sources.filter((source) => source.includes(loaded))).toHaveLength(1);
    // Either the owner or a file beside it passes them.
    const passed = [...sources.join('\n').matchAll(/const keys = \[([^\]]*)\]/g)].map(([, list = '']) =>
      [...list.matchAll(/(\w+)Key\(/g)].map(([, name]) => name),
    );
    expect(passed).toContainEqual(header.keyNames);
  });
});
