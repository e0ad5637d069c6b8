import { markdownTable } from '../basics/markdown-table.ts';
import { operations } from './permissions.ts';
import { roles } from './principal.ts';

type Row = {
  does: string;
  everyone?: true;
  accounts?: true;
  roles?: readonly string[];
  scopes?: readonly string[];
  services?: readonly string[] | 'all';
};

/** The table of permissions as Markdown, for the README. */
export function permissionTable(): string {
  const head = ['operation', 'allows to', ...roles, 'API keys for', 'others'];
  const rows = Object.entries<Row>(operations).map(([operation, row]) => [
    `\`${operation}\``,
    row.does,
    ...roles.map((role) => (row.roles?.includes(role) ? '✓' : '')),
    (row.scopes ?? []).map((scope) => `\`${scope}\``).join(', '),
    othersOf(row),
  ]);
  return markdownTable(head, rows);
}

function othersOf({ everyone, accounts, services, roles: members }: Row): string {
  if (!everyone && !accounts && !services && !members) return 'the operator alone';
  if (everyone) return 'everybody';
  if (accounts) return 'every signed-in account; not the operator';
  if (services === 'all') return 'every service; not the operator';
  return (services ?? []).map((service) => `the service ${service}`).join(', ');
}
