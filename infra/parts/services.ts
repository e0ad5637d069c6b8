import {
  AppautoscalingPolicy,
  type AppautoscalingPolicyTargetTrackingScalingPolicyConfiguration as TargetTracking,
} from '@cdktf/provider-aws/lib/appautoscaling-policy/index.js';
import { AppautoscalingTarget } from '@cdktf/provider-aws/lib/appautoscaling-target/index.js';
import { EcsCluster } from '@cdktf/provider-aws/lib/ecs-cluster/index.js';
import { EcsService } from '@cdktf/provider-aws/lib/ecs-service/index.js';
import { forEachService, pathTable, type ServiceName } from '../../services/shared/http/path-table.ts';
import type { Context } from './context.ts';
import type { LoadBalancer } from './load-balancer.ts';
import type { Backend } from './needs.ts';
import type { Network } from './network.ts';
import type { PrivateNames } from './private-names.ts';
import type { SecurityGroups } from './security-groups.ts';
import { createTask, type Task } from './tasks.ts';

export type Services = { clusterName: string; tasks: Record<ServiceName, Task> };

type Wiring = {
  backend: Backend;
  network: Network;
  groups: SecurityGroups;
  loadBalancer: LoadBalancer;
  names: PrivateNames;
};

/** Messages are normally received within seconds; older ones mean that more workers are needed. */
const queueAgeSeconds = 30;
/** Node starts within seconds; ECS gives up on a task that does not answer by then. */
const startSeconds = 30;

/** Creates the ECS cluster with the services, which scale with their load. */
export function createServices(context: Context, wiring: Wiring): Services {
  const { scope, name } = context;
  const cluster = new EcsCluster(scope, 'cluster', { name, setting: [{ name: 'containerInsights', value: 'enabled' }] });
  const tasks = forEachService((service) => createService(context, service, { ...wiring, cluster }));
  return { clusterName: cluster.name, tasks };
}

function createService(context: Context, service: ServiceName, wiring: Wiring & { cluster: EcsCluster }): Task {
  const { scope, settings } = context;
  const { backend, network, groups, loadBalancer, names, cluster } = wiring;
  const { cpu, memoryMiB, minTasks, maxTasks, cpuPercent } = settings.services[service];
  const { port } = pathTable[service];
  const task = createTask(context, service, backend, { cpu, memoryMiB, port });
  const ecsService = new EcsService(scope, `${service}-service`, {
    name: service,
    cluster: cluster.id,
    taskDefinition: task.definition.arn,
    desiredCount: minTasks,
    launchType: 'FARGATE',
    networkConfiguration: { subnets: network.privateSubnetIds, securityGroups: [groups[service]], assignPublicIp: false },
    loadBalancer: [{ targetGroupArn: loadBalancer.targetGroups[service].arn, containerName: service, containerPort: port }],
    serviceRegistries: { registryArn: names.registryArns[service] },
    healthCheckGracePeriodSeconds: startSeconds,
    deploymentMinimumHealthyPercent: 100,
    deploymentMaximumPercent: 200,
    deploymentCircuitBreaker: { enable: true, rollback: true },
    propagateTags: 'SERVICE',
    enableEcsManagedTags: true,
    // scripts/build-and-push.sh rolls out images, and autoscaling sets the number of tasks: Terraform must undo neither.
    lifecycle: { ignoreChanges: ['task_definition', 'desired_count'] },
    dependsOn: loadBalancer.rules,
  });

  const target = new AppautoscalingTarget(scope, `${service}-scaling`, {
    serviceNamespace: 'ecs',
    scalableDimension: 'ecs:service:DesiredCount',
    resourceId: `service/${cluster.name}/${ecsService.name}`,
    minCapacity: minTasks,
    maxCapacity: maxTasks,
  });
  const scaleBy = (id: string, configuration: TargetTracking) =>
    new AppautoscalingPolicy(scope, `${service}-by-${id}`, {
      name: `${context.name}-${service}-by-${id}`,
      policyType: 'TargetTrackingScaling',
      serviceNamespace: target.serviceNamespace,
      scalableDimension: target.scalableDimension,
      resourceId: target.resourceId,
      // Crowds arrive suddenly and come back: tasks are added quickly and kept for a while.
      targetTrackingScalingPolicyConfiguration: { scaleOutCooldown: 30, scaleInCooldown: 300, ...configuration },
    });
  scaleBy('cpu', {
    targetValue: cpuPercent,
    predefinedMetricSpecification: { predefinedMetricType: 'ECSServiceAverageCPUUtilization' },
  });
  const queueName = queueNameOf(service, backend);
  if (queueName !== undefined) {
    scaleBy('queue-age', {
      targetValue: queueAgeSeconds,
      customizedMetricSpecification: {
        namespace: 'AWS/SQS',
        metricName: 'ApproximateAgeOfOldestMessage',
        statistic: 'Maximum',
        dimensions: [{ name: 'QueueName', value: queueName }],
      },
    });
  }
  return task;
}

/** The queue that a service's workers read, if it has any. */
function queueNameOf(service: ServiceName, { messaging }: Backend): string | undefined {
  if (service === 'persistence') return messaging.queue.name;
  return service === 'checkout' ? messaging.work.queue.name : undefined;
}
