/** Where the system is, and the event whose tickets are bought. */
export const baseUrl = (__ENV.BASE_URL || 'http://localhost:8000').replace(/\/$/, '');
export const eventId = __ENV.EVENT_ID || 'Event1';

/**
 * A number from the environment.
 * @param {string} name
 * @param {number} otherwise
 */
export function number(name, otherwise) {
  const value = __ENV[name] ? Number(__ENV[name]) : otherwise;
  if (!(value >= 0)) throw new Error(`${name} must be a number, and not ${__ENV[name]}`);
  return value;
}

/** For `options`: what each summary shows of a trend, and how long the projection may take to catch up. */
export const common = {
  summaryTrendStats: ['med', 'p(95)', 'p(99)', 'max'],
  teardownTimeout: '60s',
};

/**
 * Thresholds for requests of this name: p95 below 1 s, p99 below 2 s, less than 0.1 % errors (409 is none; 503 is one).
 * @param {string} name
 */
export const thresholdsOf = (name) => ({
  [`http_req_duration{name:${name}}`]: ['p(95)<1000', 'p(99)<2000'],
  [`http_req_failed{name:${name}}`]: ['rate<0.001'],
});
