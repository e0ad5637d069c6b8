import { CloudwatchDashboard } from '@cdktf/provider-aws/lib/cloudwatch-dashboard/index.js';
import type { Context } from './context.ts';
import type { Metric, Metrics } from './metrics.ts';

const [width, height, inARow] = [8, 6, 3];

/** One page for the person who runs an on-sale, from the buyers' requests to the projection. */
export function createDashboard({ scope, name, settings }: Context, metrics: Metrics): void {
  const charts: [title: string, metrics: Metric[]][] = [
    ['Requests per minute', [metrics.requests]],
    ['Errors per minute', [metrics.serverErrors, metrics.balancerErrors]],
    ['p99, seconds', [metrics.purchaseP99, metrics.queryP99, metrics.accountsP99, metrics.catalogueP99, metrics.checkoutP99]],
    ['Redis: memory and CPU, %', [metrics.redisMemory, metrics.redisCpu]],
    ['Outbox: domain events', [metrics.outbox]],
    ['Outbox: age, seconds', [metrics.outboxAge]],
    ['Queue: messages', [metrics.queueDepth, metrics.deadLetters, metrics.checkoutDeadLetters]],
    ['Queue: age, seconds', [metrics.queueAge, metrics.checkoutQueueAge]],
    ['Database: connections and CPU, %', [metrics.databaseConnections, metrics.databaseCpu]],
    ['Reader behind writer, ms', [metrics.replicaLagMs]],
    ['Tasks', Object.values(metrics.runningTasks)],
  ];
  const widgets = charts.map(([title, shown], at) => ({
    type: 'metric',
    x: width * (at % inARow),
    y: height * Math.floor(at / inARow),
    width,
    height,
    properties: { title, region: settings.region, period: 60, view: 'timeSeries', metrics: shown.flatMap(linesOf) },
  }));
  new CloudwatchDashboard(scope, 'dashboard', { dashboardName: name, dashboardBody: JSON.stringify({ widgets }) });
}

/** A metric in CloudWatch's format: its namespace, name, dimensions and statistic. */
const linesOf = ({ namespace, name, statistic, dimensions }: Metric) =>
  dimensions.map((of) => [namespace, name, ...Object.entries(of).flat(), { stat: statistic }]);
