import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { defaultPorts } from '../../scripts/local/ports.ts';
import { pathTable } from '../../services/shared/http/path-table.ts';
import { environments } from '../settings.ts';
import { synthesise } from '../testing.ts';
import { alerts, readYaml, thresholdOf } from './alerts.ts';
import { readExpression } from './promql.ts';

/** The alert for each CloudWatch alarm; those in `sameThreshold` also have the same threshold. */
const counterparts: Record<string, string> = {
  'server-errors': 'OnsaleServerErrors',
  latency: 'OnsaleSlowPurchases',
  'accounts-latency': 'OnsaleSlowAccounts',
  'queue-age': 'OnsaleQueueOld',
  'queue-depth': 'OnsaleQueueLong',
  'dead-letters': 'OnsaleDeadLetters',
  'checkout-dead-letters': 'OnsaleCheckoutDeadLetters',
  // AWS knows the age in the queue, and what the log says; Prometheus knows what is in MySQL.
  'checkout-queue-age': 'OnsaleWebhooksOld',
  'checkout-stuck': 'OnsaleCheckoutsStuck',
  outbox: 'OnsaleOutboxLong',
  'outbox-age': 'OnsaleOutboxOld',
  // Only AWS knows the server's number of connections; only we know how many statements wait for one.
  'database-connections': 'OnsaleDatabasePoolWaits',
  // Only AWS knows how many tasks there should be; Prometheus knows which scraped task does not answer.
  ...Object.fromEntries(Object.keys(pathTable).map((service) => [`${service}-tasks`, 'OnsaleTaskDown'])),
};
const sameThreshold = [
  'server-errors',
  'latency',
  'accounts-latency',
  'queue-age',
  'queue-depth',
  'dead-letters',
  'checkout-dead-letters',
  'outbox',
  'outbox-age',
];

/** Alarms about things that our services cannot see, and who can. */
const knownToAwsAlone = {
  'no-answers': "the load balancer's own responses reach no service",
  'redis-memory': 'known to the server: CloudWatch, or an exporter beside Redis',
  'redis-cpu': 'known to the server: CloudWatch, or an exporter beside Redis',
};

describe('the alerts', () => {
  it('each have a unique name, a severity, a summary and a runbook', () => {
    const names = alerts.map(({ alert }) => alert);
    expect(names).toEqual([...new Set(names)]);
    for (const { labels, annotations } of alerts) {
      expect(['critical', 'warning']).toContain(labels.severity);
      expect(annotations).toEqual({ summary: expect.stringMatching(/.{20}/), runbook: expect.stringMatching(/.{40}/s) });
    }
  });

  it.each(alerts)('$alert queries metrics in valid PromQL', ({ expr }) => {
    expect(readExpression(expr)).not.toEqual([]);
  });

  it('mention every command that repairs or verifies, and no others', () => {
    const runbooks = alerts.map(({ annotations }) => annotations.runbook).join('\n');
    const told = new Set([...runbooks.matchAll(/npm run onsale -- (\w+)/g)].map(([, command]) => command));
    const main = readFileSync(join(import.meta.dirname, '../../scripts/onsale/main.ts'), 'utf8');
    const commands = [...main.matchAll(/\.command\('(\w+)'\)/g)].map(([, command]) => command);
    expect(told).toEqual(new Set(['verify', 'replay', 'rebuild', 'redrive']));
    expect(commands).toEqual(expect.arrayContaining([...told]));
  });

  it('are each tested to fire, and not to fire, in alerts.test.yml', () => {
    type Check = { expr: string; exp_samples?: object[] };
    const { tests } = readYaml<{ tests: { promql_expr_test: Check[] }[] }>('alerts.test.yml');
    const checks = tests.flatMap(({ promql_expr_test }) => promql_expr_test);
    const seen = (fires: boolean) =>
      new Set(
        checks
          .filter(({ exp_samples }) => (exp_samples !== undefined) === fires)
          .map(({ expr }) => /^ALERTS\{alertname="(\w+)",alertstate="firing"\}$/.exec(expr)?.[1]),
      );
    const all = new Set(alerts.map(({ alert }) => alert));
    expect(seen(true)).toEqual(all);
    expect(seen(false)).toEqual(all);
  });
});

describe.each(environments)("CloudWatch's alarms in %s", (environment) => {
  const { system } = synthesise(environment);
  const alarms = Object.entries(system.all('aws_cloudwatch_metric_alarm')).map(([id, alarm]) => ({
    id: id.replace(/-alarm$/, ''),
    ...(alarm as { threshold: number; evaluation_periods: number }),
  }));

  it('each have an alert, or are about something that only AWS knows', () => {
    const ids = alarms.map(({ id }) => id);
    expect(ids.toSorted()).toEqual([...Object.keys(counterparts), ...Object.keys(knownToAwsAlone)].toSorted());
  });

  it('fire after the same time as their alerts and, if both have the same unit, at the same threshold', () => {
    for (const { id, threshold, evaluation_periods: minutes } of alarms) {
      const name = counterparts[id];
      if (name === undefined) continue;
      const alert = alerts.find((one) => one.alert === name);
      expect(alert, id).toMatchObject({ for: `${minutes}m` });
      if (alert && sameThreshold.includes(id)) expect(thresholdOf(alert), id).toBe(threshold);
    }
  });
});

it("prometheus.yml loads the alerts, and scrapes each service at npm start's metrics port", () => {
  type Scrape = { job_name: keyof typeof pathTable; static_configs: { targets: string[] }[] };
  const { rule_files, scrape_configs } = readYaml<{ rule_files: string[]; scrape_configs: Scrape[] }>('prometheus.yml');
  expect(rule_files).toEqual(['alerts.yml']);
  expect(scrape_configs).toEqual(
    (Object.keys(pathTable) as (keyof typeof pathTable)[]).map((service) => ({
      job_name: service,
      static_configs: [{ targets: [`127.0.0.1:${defaultPorts[`${service}-metrics`]}`] }],
    })),
  );
});
