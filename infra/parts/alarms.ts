import { CloudwatchLogMetricFilter } from '@cdktf/provider-aws/lib/cloudwatch-log-metric-filter/index.js';
import { CloudwatchMetricAlarm } from '@cdktf/provider-aws/lib/cloudwatch-metric-alarm/index.js';
import { SnsTopic } from '@cdktf/provider-aws/lib/sns-topic/index.js';
import { SnsTopicSubscription } from '@cdktf/provider-aws/lib/sns-topic-subscription/index.js';
import { type ServiceName, serviceNames } from '../../services/shared/http/path-table.ts';
import type { Context } from './context.ts';
import { checkoutFailuresMetric, type Metric, type Metrics, outboxAgeMetric, outboxMetric } from './metrics.ts';
import type { Task } from './tasks.ts';

const minute = 60;
/** Of a step in a row; checkout logs those from then on as errors (services/checkout/saga/run.ts). */
const failuresWorthAnError = 10;

/** An alarm: its description, and the minutes in a row that its metric must be above or below a threshold. */
type Rule = { id: string; says: string; metric: Metric; minutes: number } & ({ above: number } | { below: number });

/** Creates the alarms, mailed to the addresses in the settings. Missing data raises no alarm, except for the number of tasks. */
export function createAlarms(context: Context, metrics: Metrics, keyArn: string): void {
  const { scope, name, settings } = context;
  const topic = new SnsTopic(scope, 'alarms', { name: `${name}-alarms`, kmsMasterKeyId: keyArn });
  for (const [at, endpoint] of settings.alarmEmails.entries()) {
    new SnsTopicSubscription(scope, `alarms-to-${at}`, { topicArn: topic.arn, protocol: 'email', endpoint });
  }
  const minTasks = (service: ServiceName) => settings.services[service].minTasks;
  const rules: Rule[] = [
    { id: 'server-errors', says: 'Services are answering with 5xx', metric: metrics.serverErrors, above: 10, minutes: 2 },
    {
      id: 'no-answers',
      says: 'The load balancer itself is answering with 5xx',
      metric: metrics.balancerErrors,
      above: 10,
      minutes: 2,
    },
    { id: 'latency', says: 'p99 of purchase is above 2 s', metric: metrics.purchaseP99, above: 2, minutes: 3 },
    { id: 'accounts-latency', says: 'p99 of accounts is above 5 s', metric: metrics.accountsP99, above: 5, minutes: 3 },
    { id: 'queue-age', says: 'Domain events wait in the queue for minutes', metric: metrics.queueAge, above: 120, minutes: 2 },
    {
      id: 'queue-depth',
      says: 'Thousands of messages are waiting in the queue',
      metric: metrics.queueDepth,
      above: 5_000,
      minutes: 3,
    },
    {
      id: 'dead-letters',
      says: 'There are dead letters; run: npm run onsale -- redrive',
      metric: metrics.deadLetters,
      above: 0,
      minutes: 1,
    },
    {
      id: 'checkout-stuck',
      says: 'Checkout fails again and again to go on with a payment or a refund; its log says why',
      metric: metrics.checkoutFailures,
      above: 0,
      minutes: 5,
    },
    {
      id: 'checkout-queue-age',
      says: "Payment providers' webhooks wait in the queue for minutes",
      metric: metrics.checkoutQueueAge,
      above: 120,
      minutes: 2,
    },
    {
      id: 'checkout-dead-letters',
      says: "There are providers' webhooks that checkout could not settle",
      metric: metrics.checkoutDeadLetters,
      above: 0,
      minutes: 1,
    },
    {
      id: 'database-connections',
      says: 'A database instance has too many connections',
      metric: metrics.databaseConnections,
      above: settings.database.connectionsAlarm,
      minutes: 3,
    },
    {
      id: 'redis-memory',
      says: 'Redis rejects sales when its memory is full',
      metric: metrics.redisMemory,
      above: 75,
      minutes: 2,
    },
    { id: 'redis-cpu', says: 'Redis uses one core, and that core is busy', metric: metrics.redisCpu, above: 80, minutes: 3 },
    { id: 'outbox', says: 'SNS is not accepting domain events', metric: metrics.outbox, above: 50_000, minutes: 3 },
    {
      id: 'outbox-age',
      says: 'A domain event has waited in its outbox for minutes',
      metric: metrics.outboxAge,
      above: 120,
      minutes: 2,
    },
    ...serviceNames.map((service) => ({
      id: `${service}-tasks`,
      says: `Fewer ${service} tasks are running than the minimum`,
      metric: metrics.runningTasks[service],
      below: minTasks(service),
      minutes: 3,
    })),
  ];
  for (const rule of rules) {
    const isLow = 'below' in rule;
    new CloudwatchMetricAlarm(scope, `${rule.id}-alarm`, {
      alarmName: `${name}-${rule.id}`,
      alarmDescription: rule.says,
      comparisonOperator: isLow ? 'LessThanThreshold' : 'GreaterThanThreshold',
      threshold: isLow ? rule.below : rule.above,
      evaluationPeriods: rule.minutes,
      // If no task is running, there is no data: then it must fire.
      treatMissingData: isLow ? 'breaching' : 'notBreaching',
      alarmActions: [topic.arn],
      okActions: [topic.arn],
      ...alarmed(rule.metric),
    });
  }
}

/** Turns what two services log into metrics: purchase its backlog, the length and the age of it, and checkout what fails again and again. */
export function createLogMetrics({ scope, name }: Context, tasks: Record<'purchase' | 'checkout', Task>): void {
  const backlog = (field: string) => ({ pattern: `{ ${field} = * }`, value: field });
  const filters = [
    { id: 'outbox', of: tasks.purchase, ...backlog('$.outboxEvents'), metric: outboxMetric(name) },
    { id: 'outbox-age', of: tasks.purchase, ...backlog('$.outboxOldestSeconds'), metric: outboxAgeMetric(name) },
    {
      id: 'checkout-failures',
      of: tasks.checkout,
      pattern: `{ $.failures >= ${failuresWorthAnError} }`,
      value: '1',
      metric: checkoutFailuresMetric(name),
    },
  ];
  for (const { id, of, pattern, value, metric } of filters) {
    new CloudwatchLogMetricFilter(scope, `${id}-metric`, {
      name: `${name}-${id}`,
      logGroupName: of.logGroup.name,
      pattern,
      metricTransformation: { ...metric, value, defaultValue: '0' },
    });
  }
}

function alarmed({ namespace, name, statistic, dimensions }: Metric) {
  const isPercentile = /^p\d/.test(statistic);
  const of = (at: number) => ({ namespace, metricName: name, dimensions: dimensions[at] ?? {}, period: minute });
  if (dimensions.length <= 1) {
    return { ...of(0), ...(isPercentile ? { extendedStatistic: statistic } : { statistic }) };
  }
  const queries = dimensions.map((_, at) => ({ id: `m${at}`, metric: { ...of(at), stat: statistic } }));
  return { metricQuery: [{ id: 'worst', expression: 'MAX(METRICS())', label: 'worst', returnData: true }, ...queries] };
}
