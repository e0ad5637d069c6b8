import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, matchesGlob, normalize } from 'node:path';
import { Redis } from 'ioredis';
import { afterAll, describe, expect, it } from 'vitest';
import { createSeats } from '../services/purchase/seats/create-seats.ts';
import { checkDomainEvent } from '../services/shared/events/domain-events.ts';
import * as redisKeys from '../services/shared/inventory/keys.ts';
import { WrittenEventFile } from '../services/shared/inventory/plan/event-file.ts';
import { connectDatabase } from '../services/shared/stores/database.ts';
import { testAccountsApp } from './testing/accounts.ts';
import { testCatalogueApp, testCheckoutApp, testPurchaseApp, testQueryApp } from './testing/apps.ts';
import { codesIn, type Page, readPage } from './testing/markdown.ts';

const root = join(import.meta.dirname, '..');

/** Every file of the project, also those that are not committed yet, relative to the top folder. */
const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], { cwd: root, encoding: 'utf8' })
  .split('\n')
  .filter((file) => file !== '' && existsSync(join(root, file)));
const folders = new Set(files.flatMap((file) => file.split('/').map((_, at, parts) => parts.slice(0, at).join('/'))));
const isKnown = (path: string) => files.includes(path) || folders.has(path);
const pages = new Map(files.filter((file) => file.endsWith('.md')).map((file): [string, Page] => [file, readPage(file)]));
const pageAt = (file: string) => pages.get(file) ?? expect.fail(`There is no ${file}`);
const { scripts, devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

describe.each([...pages])('%s', (file, { links, blocks, codes }) => {
  const at = (path: string) => normalize(join(dirname(file), path)).replace(/\/$/, '');

  it('links only to what exists', () => {
    const broken = links.filter((link) => {
      if (/^[a-z]+:/.test(link)) return false;
      const [path = '', fragment] = link.split('#');
      const target = path === '' ? file : at(path);
      if (fragment !== undefined) return !pages.get(target)?.anchors.has(fragment);
      return !isKnown(target);
    });
    expect(broken).toEqual([]);
  });

  it('names only files that exist, by any number of their last folders', () => {
    const missing = codes.filter((code) => isPath(code) && !exists(code.startsWith('../') ? at(code) : code));
    expect(missing).toEqual([]);
    const words = blocks.flatMap(({ lang, text }) => (lang === 'sh' || lang === 'bash' ? text.split(/[\s'"|;()]+/) : []));
    expect(words.filter((word) => topFolder.test(word) && !isKnown(word))).toEqual([]);
  });

  it('shows only commands and options that exist', () => {
    const lines = [...codes, ...blocks.flatMap(({ text }) => text.split('\n'))].map((line) => line.replace(/ #.*/, ''));
    const wrong = lines.flatMap((line) => line.match(npmCommand) ?? []).map(faultOf);
    expect(wrong.filter((fault) => fault !== undefined)).toEqual([]);
  });
});

const topFolder = /^(services|scripts|infra|migrations|postman|\.ci|\.github)\/[\w./-]+$/;

/** Whether a text names a file, or a folder of ours. */
function isPath(text: string): boolean {
  if (!/^[\w.*{},-]+(\/[\w.*{},-]+)*\/?$/.test(text) || /^\.[^/]*$/.test(text)) return false;
  if (/\w\.(ts|js|lua|sh|sql|json|yml|toml|html|md)$/.test(text)) return true;
  const [first = ''] = text.split('/').filter((part) => part !== '..');
  return text.includes('/') && [...folders].some((folder) => folder.split('/').includes(first));
}

function exists(path: string): boolean {
  const pattern = `**/${path.replace(/\/$/, '')}`;
  return [...files, ...folders].some((known) => matchesGlob(known, pattern));
}

const npmCommand = /\bnpm (?:run )?[a-z][\w:-]*(?: -- [^|`]*)?/g;
const npmItself = new Set(['install', 'publish', 'run']);

/** What is wrong with a command line such as "npm run onsale -- show Event1 --json"; undefined if nothing is. */
function faultOf(line: string): string | undefined {
  const [, name = '', args = ''] = /^npm (?:run )?([\w:-]+)(?: -- (.*))?$/.exec(line.trim()) ?? [];
  if (npmItself.has(name)) return undefined;
  const script: string | undefined = scripts[name];
  if (script === undefined) return `${line}: there is no script ${name}`;
  const [, program] = / node ([\w./-]+)$/.exec(script) ?? [];
  if (program === undefined) return undefined;
  const source = sourceOf(program);
  const [first = '', ...others] = args.split(' ').filter((word) => word !== '');
  const isCommand = /^[a-z]+$/.test(first) && source.includes('.command(');
  if (isCommand && !source.includes(`.command('${first}')`)) return `${line}: there is no command ${first}`;
  const options = [first, ...others].filter((word) => word.startsWith('--')).map((word) => word.replace(/=.*/, ''));
  const unknown = options.find((option) => option !== '--help' && !new RegExp(`'${option}['\\s]`).test(source));
  return unknown && `${line}: there is no option ${unknown}`;
}

/** The text of a program: of its file, or, if that is a folder's main.ts, of all files beside it. */
function sourceOf(program: string): string {
  const parts = program.endsWith('/main.ts') ? files.filter((file) => dirname(file) === dirname(program)) : [program];
  return parts.map((file) => readFileSync(join(root, file), 'utf8')).join('\n');
}

describe('the main README', () => {
  it('has at most 180 lines, and a picture on its first screen', () => {
    const lines = readFileSync(join(root, 'README.md'), 'utf8').trimEnd().split('\n');
    expect(lines.length).toBeLessThanOrEqual(180);
    expect(lines.slice(0, 12).join('\n')).toMatch(/<img [^>]*src="[^"]+\.png"/);
  });

  it('leads to every other page, directly or over others', () => {
    const reached = new Set(['README.md']);
    for (const file of reached) {
      for (const link of pageAt(file).links) {
        const target = normalize(join(dirname(file), link.replace(/#.*/, '')));
        for (const page of [target, join(target, 'README.md')]) if (pages.has(page)) reached.add(page);
      }
    }
    expect([...reached].toSorted()).toEqual([...pages.keys()].toSorted());
  });
});

it('.nvmrc names the Node that the project brings', () => {
  expect(readFileSync(join(root, '.nvmrc'), 'utf8').trim()).toBe(devDependencies.node);
});

describe('the README of event files', () => {
  type Schema = {
    type?: unknown;
    properties?: Record<string, Schema>;
    required?: string[] | undefined;
    items?: Schema;
    anyOf?: Schema[];
  };
  const fieldsOf = ({ properties = {}, required = [], items, anyOf = [] }: Schema, path = ''): [string, boolean][] => [
    ...Object.entries(properties).flatMap(([name, schema]): [string, boolean][] => {
      const field = path === '' ? name : `${path}.${name}`;
      return [[field, required.includes(name)], ...fieldsOf(schema, field)];
    }),
    ...(items ? fieldsOf(items, `${path}[]`) : []),
    ...anyOf.flatMap((alternative) => fieldsOf(alternative, path)),
  ];

  it('lists every field of the schema, and whether it is required', () => {
    const under = ['Every field', 'Zones', 'Rows of a hall', 'Ticket types and categories', 'Promotions'];
    const rows = pageAt('scripts/demo/README.md').tables.flatMap((table) => (under.includes(table.heading) ? table.rows : []));
    const listed = rows.flatMap(([field, required]) => codesIn(field).map((name) => [name, required?.text === 'yes']));
    expect(listed.toSorted()).toEqual(fieldsOf(JSON.parse(JSON.stringify(WrittenEventFile))).toSorted());
  });
});

describe("the domain events in persistence's README", () => {
  const { tables, blocks } = pageAt('services/persistence/README.md');
  const under = (type: string) => `\`onsale.tickets.${type}\``;
  const listed = (type: string) =>
    tables.filter(({ heading }) => heading === under(type)).flatMap(({ rows }) => rows.flatMap(([cell]) => codesIn(cell)));
  const exampleOf = (type: string) => JSON.parse(blocks.find(({ heading }) => heading === under(type))?.text ?? '');
  const fieldsOf = (data: object, prefix = ''): string[] =>
    Object.entries(data).flatMap(([name, value]) => {
      const inner = Array.isArray(value)
        ? fieldsOf(value[0], `${prefix}${name}[].`)
        : Object(value) === value && fieldsOf(value, `${prefix}${name}.`);
      return [prefix + name, ...(inner || [])];
    });

  /** The types whose tables begin with "as above", and what is above. */
  const above: Record<string, string[]> = { cancelled: ['purchased'], exchanged: ['purchased', 'cancelled'] };

  it.each(['purchased', 'cancelled', 'exchanged', 'conflicted'])(
    'has a valid example of each type with every field: %s',
    (type) => {
      const example = exampleOf(type);
      expect(checkDomainEvent(example)).toEqual({ [type === 'conflicted' ? 'conflict' : 'domainEvent']: example });
      const expected = [...(above[type] ?? []), type].flatMap(listed);
      // Replacements are described as tickets.
      const fields = fieldsOf(example.data).filter((field) => !field.startsWith('replacements[].'));
      expect(fields.toSorted()).toEqual([...new Set(expected)].toSorted());
    },
  );
});

describe('the READMEs of the services', () => {
  const resources = new AsyncDisposableStack();
  afterAll(() => resources.disposeAsync());

  it('list every path of the API documents', async () => {
    // Never connected: the documents need no store.
    const redis = new Redis({ lazyConnect: true });
    const db = connectDatabase('mysql://127.0.0.1', 1);
    resources.defer(() => db.destroy());
    for (const [service, app] of Object.entries({
      purchase: await testPurchaseApp({ seats: createSeats({ redis }) }),
      query: await testQueryApp({ db, redis }),
      accounts: await testAccountsApp({ db }),
      catalogue: await testCatalogueApp({ db, redis }),
      checkout: await testCheckoutApp({ db }),
    })) {
      resources.defer(() => app.close());
      const { paths } = (await app.inject(`/${service}/openapi.json`)).json<{ paths: Record<string, object> }>();
      const documented = Object.entries(paths).flatMap(([path, methods]) =>
        Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
      );
      const { tables } = pageAt(`services/${service}/README.md`);
      const listed = tables.flatMap(({ rows }) =>
        rows.flatMap(([cell]) => codesIn(cell).map((code) => code.replace(/\?.*/, ''))),
      );
      const ofAll = /\/(health|live)$/;
      expect(listed.filter((code) => / \/\w+\/(api|ws|oidc|\.well-known)\//.test(code)).toSorted()).toEqual(
        documented.filter((path) => !ofAll.test(path)).toSorted(),
      );
    }
  });
});

it("purchase's README names every key in Redis", () => {
  const keys = Object.values(redisKeys).map((key) => (typeof key === 'string' ? key : key('E', '…', '')));
  const named = keys.map((key) => key.replace(/^onsale:4(:\{E\})?(.*?):?$/, '$2'));
  expect(pageAt('services/purchase/README.md').codes).toEqual(expect.arrayContaining(named));
});
