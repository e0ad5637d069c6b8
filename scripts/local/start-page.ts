import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathTable } from '../../services/shared/http/path-table.ts';

/** The page that shows a newcomer around. It needs no other file. */
export const startPageFile = join(import.meta.dirname, 'start-page.html');

const { purchase, query, persistence, accounts, catalogue, checkout } = pathTable;
const event = `${query.prefix}/api/v1/events/Event1`;
const opera = `${query.prefix}/api/v1/events/Rosenkavalier`;

/** What a program gets instead of the page: where it leads. */
export const startLinks = {
  name: 'Onsale',
  links: [
    { name: 'API of purchase', href: `${purchase.prefix}/docs` },
    { name: 'API of query', href: `${query.prefix}/docs` },
    { name: 'API of accounts', href: `${accounts.prefix}/docs` },
    { name: 'API of catalogue', href: `${catalogue.prefix}/docs` },
    { name: 'API of checkout', href: `${checkout.prefix}/docs` },
    { name: 'OpenAPI of purchase', href: `${purchase.prefix}/openapi.json` },
    { name: 'OpenAPI of query', href: `${query.prefix}/openapi.json` },
    { name: 'OpenAPI of accounts', href: `${accounts.prefix}/openapi.json` },
    { name: 'OpenAPI of catalogue', href: `${catalogue.prefix}/openapi.json` },
    { name: 'OpenAPI of checkout', href: `${checkout.prefix}/openapi.json` },
    { name: 'Health of purchase', href: `${purchase.prefix}/health` },
    { name: 'Health of query', href: `${query.prefix}/health` },
    { name: 'Health of persistence', href: `${persistence.prefix}/health` },
    { name: 'Health of accounts', href: `${accounts.prefix}/health` },
    { name: 'Health of catalogue', href: `${catalogue.prefix}/health` },
    { name: 'Health of checkout', href: `${checkout.prefix}/health` },
    { name: 'Tickets of Event1', href: `${query.prefix}/api/v1/tickets?eventId=Event1` },
    { name: 'Event1', href: event },
    { name: 'Availability of Event1', href: `${event}/availability` },
    { name: 'Seats of Event1, zone 1', href: `${event}/zones/1/seats?form=rows` },
    { name: 'Rosenkavalier, in an opera house', href: opera },
    { name: 'Plan of its stalls', href: `${opera}/zones/1/plan` },
    { name: 'Winterreise, whose tickets have to be paid', href: `${query.prefix}/api/v1/events/Winterreise` },
    { name: "Operator's page", href: `${query.prefix}/ops` },
  ],
};

/** The page's Content-Security-Policy: its own style and script, and nothing else. */
export function startPagePolicy(): string {
  const page = readFileSync(startPageFile, 'utf8');
  const hashOf = (tag: 'style' | 'script') => {
    const [, content = ''] = new RegExp(`<${tag}>(.*?)</${tag}>`, 's').exec(page) ?? [];
    return `'sha256-${createHash('sha256').update(content).digest('base64')}'`;
  };
  return (
    `default-src 'none'; style-src ${hashOf('style')}; script-src ${hashOf('script')}; img-src data:; ` +
    "form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
  );
}
