import { baseUrl, eventId } from './settings.js';

const width = 12;
const line = (label, text) => `  ${label.padEnd(width)}${text}\n`;
const grouped = (number) => String(Math.round(number)).replace(/\B(?=(\d{3})+$)/g, ',');
const milliseconds = (number) => `${number < 10 ? number.toFixed(1) : grouped(number)} ms`;

/**
 * A handleSummary that says in plain text what was asked, promised, refused and counted, and which thresholds held.
 * @param {string} script its name
 * @param {string[]} names of the requests whose times are shown; each needs a threshold
 */
export const summaryOf = (script, names) => (data) => ({
  stdout: `\n${script}: ${eventId} at ${baseUrl}\n\n${data.setup_data ? resultsOf(data, names) : line('nothing', 'was tried')}\n`,
});

function resultsOf({ metrics, state, setup_data: before, root_group: group }, names) {
  const figure = (metric, value = 'count') => grouped(metrics[metric]?.values[value] ?? 0);
  return [
    line('before', `${grouped(before.available)} available, ${grouped(before.sold)} sold`),
    line('iterations', `${figure('iterations')} in ${(state.testRunDurationMs / 1_000).toFixed(1)} s`),
    line('not made', `${figure('dropped_iterations')}, as no VU was free for them`),
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
  Object.entries(thresholds).map(([threshold, { ok }]) => line(ok ? 'holds' : 'FAILS', `${name} ${threshold}`));

function timesOf(metrics, name) {
  const { med = 0, 'p(95)': p95 = 0, 'p(99)': p99 = 0, max = 0 } = metrics[`http_req_duration{name:${name}}`]?.values ?? {};
  const { passes: errors = 0, fails: answers = 0 } = metrics[`http_req_failed{name:${name}}`]?.values ?? {};
  const times = `median ${milliseconds(med)}, p95 ${milliseconds(p95)}, p99 ${milliseconds(p99)}, at most ${milliseconds(max)}`;
  return `${grouped(errors + answers)} requests, ${grouped(errors)} errors; ${times}`;
}

const failedChecks = ({ checks = [] }) =>
  checks.filter(({ fails }) => fails > 0).map(({ name, fails }) => line('FAILS', `${grouped(fails)} times: ${name}`));
