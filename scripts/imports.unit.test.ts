import { mkdirSync, mkdtempDisposableSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { cruise, type ICruiseResult } from 'dependency-cruiser';
import { describe, expect, it } from 'vitest';
import config from '../.dependency-cruiser.js';

/** A Mermaid drawing of the folders that `collapse` matches. Its lines are sorted, so that only a new or removed import changes it. */
async function drawingOf({ only, collapse }: { only: string; collapse: string }) {
  const { output } = await cruise(['services', 'scripts'], {
    ...config.options,
    includeOnly: only,
    exclude: '\\.test\\.ts$|^services/tests/',
    collapse,
    outputType: 'mermaid',
    reporterOptions: { mermaid: { minify: false } },
  });
  const lines = String(output).split('\n');
  const isArrow = (line: string) => line.includes('-->');
  // Without the outermost box, Mermaid draws from top to bottom.
  const boxes = lines.filter((line) => line.startsWith('  '));
  return ['```mermaid', 'flowchart TB', ...boxes, ...lines.filter(isArrow).sort(), '```'].join('\n');
}

it('are those drawn in CONTRIBUTING.md (to draw them again: npm run imports)', { timeout: 60_000 }, async () => {
  const services = await drawingOf({ only: '^services/', collapse: '^services/(shared/[^/]+|[^/]+)' });
  const scripts = await drawingOf({ only: '^scripts/[^/]+/', collapse: '^scripts/[^/]+' });
  const file = join(import.meta.dirname, '../.github/CONTRIBUTING.md');
  const drawn = readFileSync(file, 'utf8').replace(
    /(?<=<!-- imports -->\n).*(?=<!-- end of imports -->)/s,
    `\n${services}\n\n${scripts}\n\n`,
  );
  expect(drawn).toContain(services);
  await expect(drawn).toMatchFileSnapshot(file);
});

/** The rules that imports break in a project of these files: `rule: from → to`. */
async function violationsOf(files: Record<string, string>) {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'imports-'));
  for (const [name, text] of Object.entries(files)) {
    const file = join(folder.path, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  const { output } = await cruise(['.'], {
    ...config.options,
    baseDir: folder.path,
    ruleSet: { forbidden: config.forbidden ?? [] },
    validate: true,
  });
  return (output as ICruiseResult).summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} → ${to}`).sort();
}

describe.each<[from: string, to: string, rule: string | undefined]>([
  ['services/query/app.ts', 'services/shared/http/server.ts', undefined],
  ['services/query/app.ts', 'services/purchase/app.ts', 'services-apart'],
  ['services/shared/http/server.ts', 'services/purchase/app.ts', 'services-apart'],
  ['services/query/app.ts', 'scripts/local/ports.ts', 'services-apart'],
  ['services/shared/http/server.ts', 'services/shared/stores/redis.ts', 'no-arrow-up-from-http'],
  ['services/shared/stores/redis.ts', 'services/shared/http/server.ts', undefined],
  ['services/shared/server.ts', 'services/shared/http/server.ts', 'no-loose-files'],
  ['services/query/app.ts', 'services/shared/server.ts', 'no-loose-files'],
  ['scripts/onsale/main.ts', 'scripts/local/ports.ts', undefined],
  ['scripts/local/ports.ts', 'scripts/onsale/main.ts', 'no-arrow-up-from-local'],
  ['scripts/chaos/main.ts', 'scripts/overload/main.ts', 'scripts-apart'],
  ['migrations/migrate.ts', 'scripts/local/ports.ts', 'infrastructure-apart'],
  ['services/query/app.int.test.ts', 'services/purchase/app.ts', undefined],
])('an import of a type from %s to %s', (from, to, rule) => {
  it(rule ? `breaks ${rule}` : 'is allowed', async () => {
    const path = relative(dirname(from), to).replace(/^(?!\.)/, './');
    const violations = await violationsOf({ [from]: `import type { A } from "${path}";`, [to]: 'export type A = 1;' });
    expect(violations).toEqual(rule ? [`${rule}: ${from} → ${to}`] : []);
  });
});

it('must not form a circle, not even of types, and not even through a test', async () => {
  const violations = await violationsOf({
    'services/query/a.ts': `import type { B } from './b.ts'; export type A = B;`,
    'services/query/b.ts': `import type { A } from './a.ts'; export type B = A | 1;`,
    'services/query/c.int.test.ts': `import './d.ts';`,
    'services/query/d.ts': `import './c.int.test.ts';`,
  });
  expect(violations).toEqual([
    'no-circle: services/query/a.ts → services/query/b.ts',
    'no-circle: services/query/c.int.test.ts → services/query/d.ts',
  ]);
});
