import { CloudwatchLogGroup } from '@cdktf/provider-aws/lib/cloudwatch-log-group/index.js';
import { DataAwsEcrRepository } from '@cdktf/provider-aws/lib/data-aws-ecr-repository/index.js';
import { EcsTaskDefinition } from '@cdktf/provider-aws/lib/ecs-task-definition/index.js';
import type { Context } from './context.ts';
import { type Backend, type Image, needsOf, secretOf } from './needs.ts';
import { allow, createTaskRole } from './roles.ts';

/** The same as the image's own health check, which ECS ignores. */
const healthCheck = {
  command: ['CMD', 'node', '/app/services/shared/http/probe.ts'],
  interval: 10,
  timeout: 5,
  retries: 3,
  startPeriod: 30,
};

/** ECS kills a task that has not stopped by then; services drain within 25 s (run-service.ts). */
const stopSeconds = 60;

export type Task = { definition: EcsTaskDefinition; logGroup: CloudwatchLogGroup };

/** Creates the task for an image: its roles, log group and task definition. */
export function createTask(
  context: Context,
  image: Image,
  backend: Backend,
  size: { cpu: number; memoryMiB: number; port?: number },
): Task {
  const { scope, name, environment, settings } = context;
  const { variables, secrets, statements } = needsOf(image, context, backend);
  const logGroup = new CloudwatchLogGroup(scope, `${image}-logs`, {
    name: `/onsale/${environment}/${image}`,
    retentionInDays: settings.logDays,
    kmsKeyId: backend.keyArn,
  });
  const repository = new DataAwsEcrRepository(scope, `${image}-repository`, { name: `${name}/${image}` });
  const secretArns = [...new Set(Object.values(secrets).map(secretOf))];
  const executionRoleArn = createTaskRole(context, `${image}-start`, [
    // This action has no resource.
    allow(['ecr:GetAuthorizationToken'], '*'),
    allow(['ecr:BatchCheckLayerAvailability', 'ecr:GetDownloadUrlForLayer', 'ecr:BatchGetImage'], repository.arn),
    allow(['logs:CreateLogStream', 'logs:PutLogEvents'], `${logGroup.arn}:*`),
    allow(['secretsmanager:GetSecretValue'], secretArns),
    allow(['kms:Decrypt'], backend.keyArn),
  ]);
  const container = {
    name: image,
    image: `${repository.repositoryUrl}:${backend.imageTag}`,
    essential: true,
    environment: Object.entries(variables).map(([key, value]) => ({ name: key, value })),
    secrets: Object.entries(secrets).map(([key, valueFrom]) => ({ name: key, valueFrom })),
    ...(size.port && { portMappings: [{ containerPort: size.port, protocol: 'tcp' }], healthCheck }),
    readonlyRootFilesystem: true,
    // The init process is for operations: SIGTERM does not end a process 1 that does not handle it.
    linuxParameters: { capabilities: { drop: ['ALL'] }, initProcessEnabled: true },
    stopTimeout: stopSeconds,
    logConfiguration: {
      logDriver: 'awslogs',
      options: { 'awslogs-group': logGroup.name, 'awslogs-region': settings.region, 'awslogs-stream-prefix': image },
    },
  };
  const definition = new EcsTaskDefinition(scope, `${image}-task`, {
    family: `${name}-${image}`,
    requiresCompatibilities: ['FARGATE'],
    networkMode: 'awsvpc',
    cpu: String(size.cpu),
    memory: String(size.memoryMiB),
    runtimePlatform: { cpuArchitecture: settings.architecture, operatingSystemFamily: 'LINUX' },
    executionRoleArn,
    taskRoleArn: createTaskRole(context, image, statements),
    containerDefinitions: JSON.stringify([container]),
  });
  return { definition, logGroup };
}
