import { describe, expect, it } from 'vitest';
import { pathTable } from '../../services/shared/http/path-table.ts';
import { problems } from '../../services/shared/http/problems.ts';
import { nginxConfig } from './nginx-config.ts';

const servers = {
  purchase: '127.0.0.1:1',
  query: '127.0.0.1:2',
  persistence: '127.0.0.1:3',
  accounts: '127.0.0.1:4',
  catalogue: '127.0.0.1:5',
  checkout: '127.0.0.1:6',
};
const startPage = 'start-page.html';
const config = nginxConfig({ listen: '127.0.0.1:8000', servers, startPage });

/** The problems that come from nginx itself: each status with its body. */
const responses = [...config.matchAll(/return ([45]\d+) '(.*)';/g)].map(([, status, body = '']) => ({
  status: Number(status),
  body,
}));

describe("nginx's configuration", () => {
  it.each(Object.entries(pathTable))('has a rule and a server for %s', (service, { prefix }) => {
    expect(config).toContain(`"~^${prefix}(?:[/?]|$)" ${service};`);
    expect(config).toMatch(new RegExp(`upstream ${service} \\{\\s+server ${servers[service as keyof typeof servers]};`));
  });

  it('has a problem for each response of its own, with the matching status', () => {
    expect(responses.map(({ status }) => status)).toEqual([400, 404, 405, 413, 431, 500, 502, 503, 504]);
    for (const { status, body } of responses) {
      const { code, ...problem } = JSON.parse(body.replaceAll("\\'", "'"));
      expect(problem).toMatchObject(problems[code as keyof typeof problems]);
      expect(problem.status).toBe(status);
    }
  });

  it('has a location for every error page', () => {
    const pages = [...config.matchAll(/error_page [\d =]+ (\/problems\/\d+);/g)].map(([, page]) => page);
    expect(pages.length).toBeGreaterThan(3);
    for (const page of pages) expect(config).toContain(`location = ${page} {`);
  });

  it('adds headers in one place only: one in a location would drop the others', () => {
    const depths = config.matchAll(/^( *)add_header/gm).map(([, indent = '']) => indent.length);
    expect(new Set(depths)).toEqual(new Set([4]));
  });

  it('sets the account of the workers and the resolver only if they are given', () => {
    expect(config).not.toMatch(/^user /m);
    expect(config).not.toMatch(/\bresolver?\b/);
    const other = nginxConfig({
      listen: '8000',
      servers: { ...servers, query: 'query:2' },
      user: 'root',
      startPage,
      resolver: '127.0.0.11',
    });
    expect(other).toMatch(/^user root;$/m);
    expect(other).toMatch(/zone query 64k;\s+resolver 127\.0\.0\.11 valid=5s;\s+server query:2 resolve;/);
  });
});
