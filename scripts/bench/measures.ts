import { checkoutsAgainstProvider } from './parts/checkouts.ts';
import { footprint } from './parts/footprint.ts';
import { limits } from './parts/limits.ts';
import { manyEvents } from './parts/many-events.ts';
import { purchaseAgainstFloor } from './parts/purchase-against-floor.ts';
import { purchaseAgainstUsualWay } from './parts/purchase-against-usual-way.ts';
import { queriesAtAMillion } from './parts/queries-at-a-million.ts';
import { requestsPerTicket } from './parts/requests-per-ticket.ts';
import { scaling } from './parts/scaling.ts';
import { throughLoadBalancer } from './parts/through-load-balancer.ts';
import { tracing } from './parts/tracing.ts';
import { waitingForAReplica } from './parts/waiting-for-a-replica.ts';
import { workerAgainstRaw } from './parts/worker-against-raw.ts';
import type { PartName } from './parts.ts';
import type { Part } from './report.ts';

/** The measurement of each part. main.ts loads this only when it runs, because it loads the services. */
export const measures: Record<PartName, Part> = {
  a: purchaseAgainstFloor,
  b: purchaseAgainstUsualWay,
  c: workerAgainstRaw,
  d: requestsPerTicket,
  f: scaling,
  g: footprint,
  h: waitingForAReplica,
  i: tracing,
  j: throughLoadBalancer,
  k: manyEvents,
  l: limits,
  m: checkoutsAgainstProvider,
  e: queriesAtAMillion,
};
