import { baseUrl, eventId } from './settings.js';

const width = 12;
const line = (label, text) => `  ${label.padEnd(width)}${text}\n`;
const grouped = (number) => String(Math.round(number)).replace(/\B(?=(\d{3})+$)/g, ',');
const milliseconds = (number) => `${number < 10 ? number.toFixed(1) : grouped(number)} ms`;

/**
 * Returns a handleSummary that prints the requests, promises, refusals and sales as plain text, and which thresholds passed.
 * @param {string} script the script's name
 * @param {string[]} names of the requests whose latencies are shown; each needs a threshold
 */
export const summaryOf = (script, names) => (data) => ({
  stdout: `\n${script}: ${eventId} at ${baseUrl}\n\n${data.setup_data ? resultsOf(data, names) : line('no result', 'the setup failed, so nothing was sent')}\n`,
});

function resultsOf({ metrics, state, setup_data: before, root_group: group }, names) {
  const figure = (metric, value = 'count') => grouped(metrics[metric]?.values[value] ?? 0);
  return [
    line('before', `${grouped(before.available)} available, ${grouped(before.sold)} sold`),
    line('iterations', `${figure('iterations')} in ${(state.testRunDurationMs / 1_000).toFixed(1)} s`),
    line('dropped', `${figure('dropped_iterations')} iterations, because no VU was free`),
    line('promised', `${figure('tickets_promised')} tickets; ${figure('refused')} requests were refused (409)`),
    line('sold', `${figure('sold_in_redis', 'value')} in Redis, ${figure('sold_in_mysql', 'value')} in MySQL`),
    ...names.map((name) => line(name, timesOf(metrics, name))),
    '\n',
    ...Object.keys(metrics)
      .sort()
      .flatMap((name) => verdictsOf(name, metrics[name])),
    ...failedChecks(group),
  ].join('');
}

const verdictsOf = (name, { thresholds = {} }) =>
  Object.entries(thresholds).map(([threshold, { ok }]) => line(ok ? 'passed' : 'FAILED', `${name} ${threshold}`));

function timesOf(metrics, name) {
  const { med = 0, 'p(95)': p95 = 0, 'p(99)': p99 = 0, max = 0 } = metrics[`http_req_duration{name:${name}}`]?.values ?? {};
  const { passes: errors = 0, fails: answers = 0 } = metrics[`http_req_failed{name:${name}}`]?.values ?? {};
  const times = `median ${milliseconds(med)}, p95 ${milliseconds(p95)}, p99 ${milliseconds(p99)}, max ${milliseconds(max)}`;
  return `${grouped(errors + answers)} requests, ${grouped(errors)} errors; ${times}`;
}

const failedChecks = ({ checks = [] }) =>
  checks.filter(({ fails }) => fails > 0).map(({ name, fails }) => line('FAILED', `${grouped(fails)} times: ${name}`));
