import { globSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { loadScript } from '../stores/script.ts';
import { decodeReply } from './decisions.ts';

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

/** The TypeScript files in a folder, without tests. */
const sourcesIn = (folder: string) =>
  globSync(join(folder, '*.ts'), { cwd: services })
    .filter((source) => !source.includes('.test.'))
    .map(read);

const files = globSync('**/lua/*.lua', { cwd: services });
const modules = globSync('**/lua/lib/*.lua', { cwd: services });

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
    const sources = sourcesIn(dirname(dirname(file)));
    expect(sources.filter((source) => source.includes(loaded))).toHaveLength(1);
    // Either the owner or, for scripts that decide commands, call-script.ts passes them.
    const passed = [...[...sources, ...sourcesIn('shared/inventory')].join('\n').matchAll(/const keys = \[([^\]]*)\]/g)].map(
      ([, list = '']) => [...list.matchAll(/(\w+)Key\(/g)].map(([, name]) => name),
    );
    expect(passed).toContainEqual(header.keyNames);
  });
});

/** The name of the table that a module becomes. */
const tableOf = (file: string) => basename(file, '.lua').replaceAll('-', '_');

/** The names that a header lists after a word, on one or more lines. */
function listedNames(source: string, word: string): string[] {
  const [, list = ''] = new RegExp(`^-- ${word} (.*(?:\\n--  .*)*)$`, 'm').exec(source) ?? [];
  return list.split(/[\s,-]+/).filter((name) => name !== '');
}

const withoutComments = (source: string) => source.replace(/--.*$/gm, '');

/** What each module offers, by the name of its table. */
const offered = new Map(modules.map((file) => [tableOf(file), listedNames(read(file), 'RETURNS')]));

/** The modules whose tables a source uses, each with the names that it uses. */
function usedBy(source: string): Map<string, Set<string>> {
  const uses = [...withoutComments(source).matchAll(/(?<![\w.'"])([a-z_]+)\.([a-z_A-Z]+)/g)].filter(([, table = '']) =>
    offered.has(table),
  );
  return new Map(
    Object.entries(Object.groupBy(uses, ([, table = '']) => table)).map(([table, of = []]) => [
      table,
      new Set(of.map(([, , name = '']) => name)),
    ]),
  );
}

describe.each(modules)('the module %s', (file) => {
  const source = read(file);

  it('returns exactly what its header lists', () => {
    const [, returned = ''] = /^return \{(.*?)\}\n$/ms.exec(source) ?? [];
    const names = [...returned.matchAll(/(\w+) = /g)].map(([, name]) => name);
    expect(names.length).toBeGreaterThan(0);
    expect(names).toEqual(offered.get(tableOf(file)));
  });

  it('uses only the modules that its header lists, and only what they return', () => {
    const used = usedBy(source);
    expect([...used.keys()].toSorted()).toEqual(listedNames(source, 'USES').toSorted());
    for (const [table, names] of used) expect(offered.get(table)).toEqual(expect.arrayContaining([...names]));
  });

  it('states which collected changes it adds to, if it does not own them', () => {
    if (tableOf(file) === 'event') return;
    const touched = [...withoutComments(source).matchAll(/\bchanges\.\w+/g)].map(([name]) => name);
    expect([...new Set(touched)].toSorted()).toEqual(listedNames(source, 'FILLS').toSorted());
  });
});

describe.each(files)('%s', (file) => {
  const source = read(file);
  const included = [...source.matchAll(/^-- INCLUDE (.*)$/gm)].map(([, path = '']) => join(dirname(file), path));

  it('includes each module after those that it uses, and no module that nothing uses', () => {
    const needed = new Set(usedBy(source).keys());
    const before = new Set<string>();
    for (const path of included) {
      const uses = listedNames(read(path), 'USES');
      for (const name of uses) needed.add(name);
      expect([...before]).toEqual(expect.arrayContaining(uses));
      before.add(tableOf(path));
    }
    expect([...before].toSorted()).toEqual([...needed].toSorted());
  });

  it('uses only what its modules return', () => {
    for (const [table, names] of usedBy(source)) expect(offered.get(table)).toEqual(expect.arrayContaining([...names]));
  });
});

it('every reply that a script decides with is decoded', () => {
  const deciding = files.filter((file) => read(file).includes('event.run('));
  expect(deciding.length).toBeGreaterThan(5);
  for (const file of deciding) {
    for (const word of readScript(file).header.replies) {
      const values = word === 'REPLAYED' ? [['RELEASED']] : [0, {}];
      expect(() => decodeReply([word, ...values], {}), word).not.toThrow();
    }
  }
  expect(() => decodeReply(['UNHEARD_OF'], {})).toThrow('UNHEARD_OF');
});
