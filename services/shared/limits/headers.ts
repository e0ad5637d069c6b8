import type { FastifyReply } from 'fastify';

/** A limit as clients see it: `quota` requests in each `windowSeconds`, of which `left` are left, and all again in `fullInMs`. */
export type Standing = { name: string; quota: number; windowSeconds: number; left: number; fullInMs: number };

/**
 * Sets RateLimit-Policy and RateLimit (draft-ietf-httpapi-ratelimit-headers-10, sections 3 and 4): lists of structured fields (RFC 9651),
 * with an item for each limit. A bucket of 60 that refills at 20 a second is a quota of 60 in 3 seconds.
 */
export function setRateLimitHeaders(reply: FastifyReply, standings: readonly Standing[]): void {
  reply.header('ratelimit-policy', standings.map(policyOf).join(', ')).header('ratelimit', standings.map(stateOf).join(', '));
}

const policyOf = ({ name, quota, windowSeconds }: Standing) => `"${name}";q=${quota};w=${windowSeconds}`;
const stateOf = ({ name, left, fullInMs }: Standing) => `"${name}";r=${left};t=${Math.ceil(fullInMs / 1_000)}`;
