import type { FastifyReply, FastifyRequest } from 'fastify';
import { principalName } from '../../shared/identity/principal.ts';
import { createBuckets } from '../../shared/limits/buckets.ts';
import type { RequestLimits } from '../../shared/limits/limit-requests.ts';

/** Far more than a person needs, and enough for an office or a phone network behind one address. */
const perSender = { burst: 30, everyMs: 10_000 };

export type MailBudget = ReturnType<typeof createMailBudget>;

/**
 * How many mails a sender may cause: a network without credentials, an account, or an API key. The limit of an address (mail-limit.ts) protects one inbox;
 * this keeps one sender from writing to very many. It depends on the sender alone, so a refusal tells nothing about an address. Counts in this
 * process only. Without limits on clients there is no budget.
 */
export function createMailBudget(limits: Pick<RequestLimits, 'clients' | 'networkOf' | 'refuse'>) {
  const buckets = limits.clients && createBuckets(perSender);
  return {
    /** Whether a request may cause a mail. Replies with 429 and returns false if not. The operator always may. */
    admits(request: FastifyRequest, reply: FastifyReply): boolean {
      const { principal } = request;
      if (!buckets || principal.kind === 'operator') return true;
      const waitMs = buckets.take(principal.kind === 'stranger' ? limits.networkOf(request) : principalName(principal));
      if (waitMs === 0) return true;
      limits.refuse(reply, { kind: 'mails', waitMs, detail: 'This sender has caused too many mails' });
      return false;
    },
  };
}
