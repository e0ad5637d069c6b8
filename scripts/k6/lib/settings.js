/** The system's URL. */
export const baseUrl = (__ENV.BASE_URL || 'http://localhost:8000').replace(/\/$/, '');
/** The local payment provider. */
export const paymentsUrl = (__ENV.PAYMENTS_URL || 'http://localhost:8027').replace(/\/$/, '');
/** The event whose tickets are bought. */
export const eventId = __ENV.EVENT_ID || 'Event1';

/**
 * Returns a number from the environment, or `otherwise` if the variable is not set.
 * @param {string} name
 * @param {number} otherwise
 */
export function number(name, otherwise) {
  const value = __ENV[name] ? Number(__ENV[name]) : otherwise;
  if (!(value >= 0)) throw new Error(`${name} must be a number from 0, not ${__ENV[name]}`);
  return value;
}

/** Common `options`: the statistics in each summary, and how long the projection may take to catch up. */
export const common = {
  summaryTrendStats: ['med', 'p(95)', 'p(99)', 'max'],
  teardownTimeout: '60s',
};

/**
 * Thresholds for requests with this name: p95 below 1 s, p99 below 2 s, less than 0.1 % errors (503 is an error, 409 is not).
 * @param {string} name
 */
export const thresholdsOf = (name) => ({
  [`http_req_duration{name:${name}}`]: ['p(95)<1000', 'p(99)<2000'],
  [`http_req_failed{name:${name}}`]: ['rate<0.001'],
});
