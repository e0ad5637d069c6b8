import { forEachService, type ServiceName } from '../../services/shared/http/path-table.ts';
import type { Database } from './database.ts';
import type { LoadBalancer } from './load-balancer.ts';
import type { Messaging } from './messaging.ts';
import type { Redis } from './redis.ts';

/** A CloudWatch metric. If there are several sets of dimensions, the worst value counts. */
export type Metric = { namespace: string; name: string; statistic: string; dimensions: Record<string, string>[] };

export type Metrics = ReturnType<typeof metricsOf>;

/** The metric of the domain events waiting in the outboxes, made from purchase's log. */
export const outboxMetric = (name: string) => ({ namespace: 'Onsale', name: `${name}-outbox-events` });

/** The age of the oldest unpublished domain event, in seconds, from purchase's log. */
export const outboxAgeMetric = (name: string) => ({ namespace: 'Onsale', name: `${name}-outbox-oldest-seconds` });

/** How often a payment or a refund failed that has failed again and again, from checkout's log. */
export const checkoutFailuresMetric = (name: string) => ({ namespace: 'Onsale', name: `${name}-checkout-failures` });

/** The metrics that the alarms and the dashboard use. */
export function metricsOf(of: {
  name: string;
  loadBalancer: LoadBalancer;
  messaging: Messaging;
  database: Database;
  redis: Redis;
}) {
  const { name, loadBalancer, messaging, database, redis } = of;
  const balancer = { LoadBalancer: loadBalancer.arnSuffix };
  const targets = (service: ServiceName) => ({ ...balancer, TargetGroup: loadBalancer.targetGroups[service].arnSuffix });
  const ofBalancer = (metric: string, statistic: string, dimensions: Record<string, string> = balancer): Metric => ({
    namespace: 'AWS/ApplicationELB',
    name: metric,
    statistic,
    dimensions: [dimensions],
  });
  const ofQueue = (metric: string, queue: string): Metric => ({
    namespace: 'AWS/SQS',
    name: metric,
    statistic: 'Maximum',
    dimensions: [{ QueueName: queue }],
  });
  const ofRedis = (metric: string): Metric => ({ ...redis.metrics, name: metric, statistic: 'Maximum' });
  const ofDatabase = (metric: string, statistic: string): Metric => ({
    namespace: 'AWS/RDS',
    name: metric,
    statistic,
    dimensions: [{ DBClusterIdentifier: database.clusterId }],
  });
  const running = (service: ServiceName): Metric => ({
    namespace: 'ECS/ContainerInsights',
    name: 'RunningTaskCount',
    statistic: 'Minimum',
    dimensions: [{ ClusterName: name, ServiceName: service }],
  });
  return {
    requests: ofBalancer('RequestCount', 'Sum'),
    serverErrors: ofBalancer('HTTPCode_Target_5XX_Count', 'Sum'),
    balancerErrors: ofBalancer('HTTPCode_ELB_5XX_Count', 'Sum'),
    purchaseP99: ofBalancer('TargetResponseTime', 'p99', targets('purchase')),
    queryP99: ofBalancer('TargetResponseTime', 'p99', targets('query')),
    accountsP99: ofBalancer('TargetResponseTime', 'p99', targets('accounts')),
    catalogueP99: ofBalancer('TargetResponseTime', 'p99', targets('catalogue')),
    checkoutP99: ofBalancer('TargetResponseTime', 'p99', targets('checkout')),
    queueAge: ofQueue('ApproximateAgeOfOldestMessage', messaging.queue.name),
    queueDepth: ofQueue('ApproximateNumberOfMessagesVisible', messaging.queue.name),
    deadLetters: ofQueue('ApproximateNumberOfMessagesVisible', messaging.deadLetterQueue.name),
    checkoutFailures: { ...checkoutFailuresMetric(name), statistic: 'Sum', dimensions: [{}] } as Metric,
    checkoutQueueAge: ofQueue('ApproximateAgeOfOldestMessage', messaging.work.queue.name),
    checkoutDeadLetters: ofQueue('ApproximateNumberOfMessagesVisible', messaging.work.deadLetterQueue.name),
    databaseConnections: ofDatabase('DatabaseConnections', 'Maximum'),
    databaseCpu: ofDatabase('CPUUtilization', 'Maximum'),
    replicaLagMs: ofDatabase('AuroraReplicaLagMaximum', 'Maximum'),
    redisMemory: ofRedis('DatabaseMemoryUsagePercentage'),
    redisCpu: ofRedis('EngineCPUUtilization'),
    outbox: { ...outboxMetric(name), statistic: 'Maximum', dimensions: [{}] } as Metric,
    outboxAge: { ...outboxAgeMetric(name), statistic: 'Maximum', dimensions: [{}] } as Metric,
    runningTasks: forEachService(running),
  };
}
