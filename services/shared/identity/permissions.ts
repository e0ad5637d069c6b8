import type { ServiceName } from '../http/path-table.ts';
import type { Principal, Role, Scope } from './principal.ts';

/**
 * Who may do an operation. `everyone`: strangers too; the route checks what belongs to whom. `accounts`: any signed-in person.
 * Otherwise members with one of the `roles` and API keys with one of the `scopes`, each for their own organiser; and, for every
 * organiser, the `services`. The operator may do everything that is not for accounts or services alone.
 */
type Rule = {
  does: string;
  everyone?: true;
  accounts?: true;
  operator?: false;
  roles?: readonly Role[];
  scopes?: readonly Scope[];
  services?: readonly ServiceName[] | 'all';
};

/** The one table of permissions: routes name their operation, the README shows it, and a test tries it on every route. */
export const operations = {
  public: { does: 'what anybody may do', everyone: true },
  own: { does: "what one's own token, order or account allows", everyone: true },
  'signed-in': { does: "one's own account, orders and tickets", accounts: true, operator: false },
  sell: { does: 'sell blocked seats, move buyers, name any buyer', roles: ['admin', 'box-office'], scopes: ['sell'] },
  'seats:block': {
    does: 'withdraw seats from sale, and release them',
    roles: ['admin', 'organiser', 'box-office'],
    scopes: ['sell', 'catalogue:write'],
  },
  'catalogue:read': {
    does: 'see venues and events, drafts too',
    roles: ['admin', 'organiser', 'finance', 'support', 'box-office'],
    scopes: ['catalogue:read', 'catalogue:write'],
  },
  'catalogue:write': { does: 'change venues and events', roles: ['admin', 'organiser'], scopes: ['catalogue:write'] },
  'sale:control': { does: 'publish, pause, resume and close a sale', roles: ['admin', 'organiser'], scopes: ['catalogue:write'] },
  'event:archive': { does: 'archive an event', roles: ['admin'] },
  'event:cancel': { does: 'cancel an event with all its orders', roles: ['admin'] },
  'orders:read': {
    does: 'see orders, their buyers and tickets',
    roles: ['admin', 'organiser', 'finance', 'support', 'box-office'],
    scopes: ['orders:read'],
  },
  'orders:cancel': {
    does: "cancel buyers' orders",
    roles: ['admin', 'support'],
    scopes: ['orders:write'],
    services: ['catalogue', 'checkout'],
  },
  'payments:read': {
    does: 'see payments and refunds',
    roles: ['admin', 'finance', 'support'],
    scopes: ['orders:read'],
  },
  'payments:refund': {
    does: 'give money back',
    roles: ['admin', 'finance', 'support'],
    scopes: ['orders:write'],
    services: ['catalogue'],
  },
  'holds:pay': { does: 'begin, confirm and end the payment of holds', operator: false, services: ['checkout'] },
  'reports:read': {
    does: 'read reports and revenue by zone',
    roles: ['admin', 'organiser', 'finance'],
    scopes: ['reports:read'],
  },
  'ops:read': {
    does: "follow a sale on the operator's page, with totals of money",
    roles: ['admin', 'organiser', 'finance', 'support'],
  },
  'members:manage': { does: 'invite members and change their roles', roles: ['admin'] },
  'keys:manage': { does: 'create and revoke API keys', roles: ['admin'] },
  'audit:read': { does: 'read who changed what', roles: ['admin'] },
  'organisers:create': { does: 'create organisers' },
  operator: { does: 'what only the operator may do' },
  service: { does: 'what services ask of each other', operator: false, services: 'all' },
} as const satisfies Record<string, Rule>;

export type Operation = keyof typeof operations;

const rules: Readonly<Record<Operation, Rule>> = operations;

/** Whether a principal may do an operation for this organiser. */
export function may(principal: Principal, operation: Operation, organiserId: string): boolean {
  const rule = rules[operation];
  switch (principal.kind) {
    case 'account':
      return (
        rule.everyone ??
        rule.accounts ??
        (Object.hasOwn(principal.roles, organiserId) && hasRole(rule, principal.roles[organiserId]))
      );
    case 'key':
      return rule.everyone ?? (principal.organiserId === organiserId && hasScope(rule, principal.scopes));
    default:
      return mayAnywhere(principal, operation);
  }
}

/** Whether a principal may do an operation for at least one organiser. Routes refuse others before they look at anything. */
export function mayAnywhere(principal: Principal, operation: Operation): boolean {
  const rule = rules[operation];
  if (rule.everyone) return true;
  switch (principal.kind) {
    case 'stranger':
      return false;
    case 'operator':
      return rule.operator ?? true;
    case 'account':
      return rule.accounts ?? Object.values(principal.roles).some((list) => hasRole(rule, list));
    case 'key':
      return hasScope(rule, principal.scopes);
    case 'service':
      return rule.services === 'all' || (rule.services?.includes(principal.service) ?? false);
    default:
      return principal satisfies never;
  }
}

/** The organisers for which a principal may do an operation: `all` if it is the same for all of them. */
export function organisersOf(principal: Principal, operation: Operation): string[] | 'all' {
  if (principal.kind !== 'account' && principal.kind !== 'key') return mayAnywhere(principal, operation) ? 'all' : [];
  const own = principal.kind === 'key' ? [principal.organiserId] : Object.keys(principal.roles);
  return own.filter((organiserId) => may(principal, operation, organiserId));
}

/** Whether a text is the name of an operation. */
export const isOperation = (name: unknown): name is Operation => typeof name === 'string' && Object.hasOwn(operations, name);

const hasRole = ({ roles = [] }: Rule, given: readonly Role[] = []) => given.some((role) => roles.includes(role));
const hasScope = ({ scopes = [] }: Rule, given: readonly Scope[]) => given.some((scope) => scopes.includes(scope));
