/** The parts of the benchmark, in the order in which they run, and what each measures. */
export const parts = {
  a: 'purchase vs. a bare Fastify server with one script',
  b: 'purchase vs. the usual way: lock the seat, then await an SNS Publish',
  c: 'the worker vs. raw INSERTs',
  d: 'SNS and SQS requests per ticket',
  f: 'two purchase processes, and three Redis masters',
  g: 'memory use, and latency at half the peak rate',
  h: 'the cost of waiting for a replica',
  i: 'the cost of tracing',
  j: 'through the local load balancer vs. directly to a service',
  k: '5,000 open events vs. five',
  l: 'the cost of limits, for sales and for holds',
  m: 'checkouts, from the hold to the paid order',
  // Last, because a million tickets stay in the stores.
  e: 'queries, verify and rebuild with a million tickets',
};

export type PartName = keyof typeof parts;
