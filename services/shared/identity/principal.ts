import type { ServiceName } from '../http/path-table.ts';

/** What a member of an organiser may do for it (permissions.ts). */
export const roles = ['admin', 'organiser', 'finance', 'support', 'box-office', 'door'] as const;
export type Role = (typeof roles)[number];

/** What an API key may do for its organiser (permissions.ts). */
export const scopes = [
  'sell',
  'catalogue:read',
  'catalogue:write',
  'orders:read',
  'orders:write',
  'reports:read',
  'door',
] as const;
export type Scope = (typeof scopes)[number];

/** How many requests an API key may send. */
export const planNames = ['standard', 'partner', 'vip'] as const;
export type PlanName = (typeof planNames)[number];

/** A signed-in person: a buyer, and a member of the organisers in `roles`. `email` is present only if it was verified. */
export type Account = {
  kind: 'account';
  accountId: string;
  email?: string;
  sessionId: string;
  roles: Readonly<Record<string, readonly Role[]>>;
};

/** A program that acts for an organiser. */
export type ApiKey = { kind: 'key'; keyId: string; organiserId: string; scopes: readonly Scope[]; plan: PlanName };

/**
 * Who sent a request. `stranger`: it carries no credentials. `operator`: it carries the operator's token, which needs no account and
 * may do everything. `service`: another service of this installation sent it.
 */
export type Principal =
  | { kind: 'stranger' }
  | { kind: 'operator' }
  | Account
  | ApiKey
  | { kind: 'service'; service: ServiceName };

export const stranger: Principal = Object.freeze({ kind: 'stranger' });
export const operator: Principal = Object.freeze({ kind: 'operator' });

/** A principal as text, for audit logs and the scopes of Idempotency-Keys. Two principals never have the same name. */
export function principalName(principal: Principal): string {
  switch (principal.kind) {
    case 'account':
      return `account:${principal.accountId}`;
    case 'key':
      return `key:${principal.keyId}`;
    case 'service':
      return `service:${principal.service}`;
    default:
      return principal.kind;
  }
}
