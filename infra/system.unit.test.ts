import { describe, expect, it } from 'vitest';
import { whoseSystem } from '../scripts/local/named-system.ts';
import { defaultPorts } from '../scripts/local/ports.ts';
import { persistenceConfig } from '../services/persistence/config.ts';
import { purchaseConfig } from '../services/purchase/config.ts';
import { queryConfig } from '../services/query/config.ts';
import { pathTable } from '../services/shared/http/path-table.ts';
import { loadConfig } from '../services/shared/process/config.ts';
import { environments } from './settings.ts';
import { containerOf, synthesise, variable } from './testing.ts';

const images = ['purchase', 'query', 'persistence', 'operations'];
const text = (value: unknown) => JSON.stringify(value);

describe.each(environments)('%s', (environment) => {
  const { registry, system } = synthesise(environment);

  it('has a repository with immutable tags for each image', () => {
    const repositories = registry.list('aws_ecr_repository');
    expect(new Set(repositories.map(({ name }) => name))).toEqual(
      new Set(images.map((image) => `onsale-${environment}/${image}`)),
    );
    for (const repository of repositories) {
      expect(repository).toMatchObject({
        image_tag_mutability: 'IMMUTABLE',
        image_scanning_configuration: { scan_on_push: true },
      });
    }
  });

  it('gives each queue a dead-letter queue', () => {
    const queues = system.all('aws_sqs_queue');
    const withoutOne = Object.entries(queues).filter(([, { redrive_policy: policy }]) => policy === undefined);
    expect(withoutOne.map(([id]) => id)).toEqual(['dead-letter-queue']);
    expect(queues['queue']?.['redrive_policy']).toContain('${aws_sqs_queue.dead-letter-queue.arn}');
    expect(system.single('aws_sns_topic_subscription')).toMatchObject({
      topic_arn: '${aws_sns_topic.topic.arn}',
      endpoint: '${aws_sqs_queue.queue.arn}',
      raw_message_delivery: true,
    });
  });

  it('makes no store and no task reachable from the internet', () => {
    for (const instance of system.list('aws_rds_cluster_instance')) expect(instance['publicly_accessible']).toBe(false);
    const groups = system.types.filter((type) => type.endsWith('_subnet_group'));
    expect(groups.length).toBeGreaterThan(1);
    for (const type of groups) {
      const subnets = system.single(type)['subnet_ids'] as string[];
      for (const subnet of subnets) expect(subnet).toContain('aws_subnet.private-subnet-');
    }
    for (const service of system.list('aws_ecs_service')) {
      const network = service['network_configuration'] as { subnets: string[]; assign_public_ip: boolean };
      expect(network.assign_public_ip).toBe(false);
      for (const subnet of network.subnets) expect(subnet).toContain('aws_subnet.private-subnet-');
    }
    for (const [id, route] of Object.entries(system.all('aws_route'))) {
      expect(Object.keys(route)).toContain(id.startsWith('private-') ? 'nat_gateway_id' : 'gateway_id');
    }
  });

  it('admits only its callers to each security group', () => {
    const admitted = system.list('aws_vpc_security_group_ingress_rule').map((rule) => {
      const group = (id: unknown) => /aws_security_group\.(.+)-security-group\./.exec(String(id))?.[1];
      const from = rule['cidr_ipv4'] ?? group(rule['referenced_security_group_id']);
      expect(rule['from_port']).toBe(rule['to_port']);
      return `${from} > ${group(rule['security_group_id'])}:${rule['from_port']}`;
    });
    expect(admitted.toSorted()).toEqual([
      '0.0.0.0/0 > load-balancer:80',
      'load-balancer > persistence:8082',
      'load-balancer > purchase:8080',
      'load-balancer > query:8081',
      'operations > database:3306',
      'operations > redis:6379',
      'persistence > database:3306',
      'purchase > redis:6379',
      'query > database:3306',
      'query > redis:6379',
    ]);
    for (const group of system.list('aws_security_group')) expect(group).not.toHaveProperty('ingress');
    expect(Object.keys(system.single('aws_default_security_group'))).not.toContain('ingress');
  });

  it('allows no role all actions, and all resources only for the one action that has no resource', () => {
    const statements = system.list('aws_iam_role_policy').flatMap(({ policy }) => {
      const { Statement } = JSON.parse(String(policy)) as { Statement: { Action: string[]; Resource: string | string[] }[] };
      return Statement;
    });
    expect(statements.length).toBeGreaterThan(10);
    for (const { Action, Resource } of statements) {
      for (const action of Action) expect(action).toMatch(/^[a-z0-9]+:[A-Za-z]+$/);
      if ([Resource].flat().includes('*')) expect(Action).toEqual(['ecr:GetAuthorizationToken']);
    }
  });

  it('lets each service do only its own work: publish, receive, or neither', () => {
    const actionsOf = (image: string) => {
      const { policy } = system.all('aws_iam_role_policy')[`${image}-policy`] ?? {};
      const { Statement } = JSON.parse(String(policy ?? '{"Statement":[]}')) as { Statement: { Action: string[] }[] };
      return new Set(Statement.flatMap(({ Action }) => Action).filter((action) => !action.startsWith('kms:')));
    };
    expect(actionsOf('purchase')).toEqual(new Set(['sns:Publish']));
    expect(actionsOf('query')).toEqual(new Set(['sqs:GetQueueAttributes']));
    expect(actionsOf('persistence')).toContain('sqs:ReceiveMessage');
    expect(actionsOf('persistence')).not.toContain('sqs:PurgeQueue');
  });

  it('makes query read from the reader, and persistence write to the writer', () => {
    expect(variable(containerOf(system, 'query'), 'DATABASE_READER_URL')).toContain('aws_rds_cluster.database.reader_endpoint}');
    expect(containerOf(system, 'query').environment.map(({ name }) => name)).not.toContain('DATABASE_URL');
    expect(variable(containerOf(system, 'persistence'), 'DATABASE_URL')).toContain('aws_rds_cluster.database.endpoint}');
  });

  it('passes secrets only by reference', () => {
    for (const image of images) {
      const { environment: variables, secrets } = containerOf(system, image);
      for (const { name, value } of variables) {
        expect(name).not.toMatch(/PASSWORD|SECRET|TOKEN|USERNAME/);
        expect(value).not.toMatch(/password|\/\/[^/]*:[^/]*@/);
      }
      for (const { valueFrom } of secrets) {
        expect(valueFrom).toMatch(/^\$\{(aws_secretsmanager_secret\.|aws_rds_cluster\.database\.master_user_secret)/);
      }
    }
    expect(system.single('aws_rds_cluster')).toMatchObject({ manage_master_user_password: true });
    expect(system.single('aws_rds_cluster')).not.toHaveProperty('master_password');
  });

  it.each([
    ['purchase', purchaseConfig],
    ['query', queryConfig],
    ['persistence', persistenceConfig],
  ])('gives %s valid settings', (image, schema) => {
    const { environment: variables, secrets } = containerOf(system, image);
    const given = Object.fromEntries(variables.map(({ name, value }) => [name, settled(value)]));
    for (const { name } of secrets) given[name] = 'x'.repeat(64);
    expect(() => loadConfig(schema, given)).not.toThrow();
    const known = Object.keys(schema.properties);
    for (const name of Object.keys(given)) expect([...known, 'NODE_ENV', 'AWS_REGION']).toContain(name);
  });

  it('gives operations the address of every part of the system, so that no command falls back to another system', () => {
    const { environment: variables } = containerOf(system, 'operations');
    const given = Object.fromEntries(variables.map(({ name, value }) => [name, settled(value)]));
    expect(whoseSystem(['db', 'redis', 'messaging'], defaultPorts, given)).toBe('named');
  });

  it('routes the paths of the path table, and answers any other path with a problem that lists the services', () => {
    const rules = system.all('aws_lb_listener_rule');
    for (const [service, { prefix, port }] of Object.entries(pathTable)) {
      expect(text(rules[`${service}-rule`]?.['condition'])).toContain(text([prefix, `${prefix}/*`]));
      expect(system.all('aws_lb_target_group')[`${service}-targets`]).toMatchObject({
        port,
        health_check: { path: `${prefix}/live` },
      });
    }
    const [action] = system.single('aws_lb_listener')['default_action'] as { fixed_response: Record<string, string> }[];
    expect(action?.fixed_response).toMatchObject({ status_code: '404', content_type: 'application/json' });
    const body = JSON.parse(action?.fixed_response['message_body'] ?? '');
    expect(body).toMatchObject({ code: 'NOT_FOUND', detail: expect.stringContaining('/purchase/*') });
  });

  it('encrypts all data at rest', () => {
    expect(system.single('aws_rds_cluster')).toMatchObject({ storage_encrypted: true });
    for (const type of ['aws_sqs_queue', 'aws_sns_topic']) {
      for (const one of system.list(type)) expect(one['kms_master_key_id']).toBe('${aws_kms_key.key.arn}');
    }
    for (const type of ['aws_cloudwatch_log_group', 'aws_secretsmanager_secret']) {
      for (const one of system.list(type)) expect(one['kms_key_id']).toBe('${aws_kms_key.key.arn}');
    }
  });

  it('runs containers with a read-only root, and replaces those that fail their health check', () => {
    for (const image of images) {
      const container = containerOf(system, image);
      expect(container).toMatchObject({ readonlyRootFilesystem: true, linuxParameters: { capabilities: { drop: ['ALL'] } } });
      if (image !== 'operations') expect(container.healthCheck?.command).toEqual(expect.arrayContaining(['node']));
    }
    for (const service of system.list('aws_ecs_service')) {
      expect(service).toMatchObject({
        deployment_circuit_breaker: { enable: true, rollback: true },
        lifecycle: { ignore_changes: ['task_definition', 'desired_count'] },
      });
    }
  });

  it('scales services by CPU, and persistence also by the age of its queue', () => {
    const policies = system.all('aws_appautoscaling_policy');
    expect(Object.keys(policies).toSorted()).toEqual([
      'persistence-by-cpu',
      'persistence-by-queue-age',
      'purchase-by-cpu',
      'query-by-cpu',
    ]);
    expect(text(policies['persistence-by-queue-age'])).toContain('ApproximateAgeOfOldestMessage');
  });

  it('has an alarm for everything that can make an on-sale fail', () => {
    const names = system
      .list('aws_cloudwatch_metric_alarm')
      .map(({ alarm_name: name }) => String(name).replace(/^onsale-[a-z]+-/, ''));
    expect(names.toSorted()).toEqual([
      'database-connections',
      'dead-letters',
      'latency',
      'no-answers',
      'outbox',
      'outbox-age',
      'persistence-tasks',
      'purchase-tasks',
      'query-tasks',
      'queue-age',
      'queue-depth',
      'redis-cpu',
      'redis-memory',
      'server-errors',
    ]);
    const { widgets } = JSON.parse(String(system.single('aws_cloudwatch_dashboard')['dashboard_body'])) as { widgets: object[] };
    expect(widgets.length).toBeGreaterThan(8);
  });

  it('limits the request rate of each address', () => {
    expect(text(system.single('aws_wafv2_web_acl'))).toContain('rate_based_statement');
    expect(system.single('aws_wafv2_web_acl_association')['resource_arn']).toBe('${aws_lb.load-balancer.arn}');
  });
});

/** A setting with plausible values in place of Terraform's references. */
const settled = (value: string) =>
  (value.startsWith('${aws_sqs_queue') ? 'https://sqs' : value.replace(/^\$\{.*\}$/, 'arn:aws:x')).replace(
    /\$\{[^}]*\}/g,
    'host',
  );

it('traffic without TLS is encrypted by hardware in production', () => {
  expect(synthesise('prod').system.single('aws_vpc_encryption_control')).toMatchObject({
    vpc_id: '${aws_vpc.vpc.id}',
    mode: 'monitor',
  });
  expect(synthesise('dev').system.list('aws_vpc_encryption_control')).toEqual([]);
});

describe('with a certificate', () => {
  const { system } = synthesise('prod', { certificateArn: 'arn:aws:acm:us-east-1:111111111111:certificate/x' });
  const { http, https } = system.all('aws_lb_listener');

  it('HTTP is redirected to HTTPS, with TLS 1.3', () => {
    expect(text(http?.['default_action'])).toContain('HTTP_301');
    expect(https).toMatchObject({ port: 443, protocol: 'HTTPS', ssl_policy: expect.stringContaining('TLS13') });
    for (const rule of system.list('aws_lb_listener_rule')) expect(rule['listener_arn']).toBe('${aws_lb_listener.https.arn}');
  });
});

describe('the state', () => {
  it('is a file beside the settings, or an encrypted and locked object in the bucket that they name', () => {
    expect(text(synthesise('dev').system.terraform['backend'])).toBe('{"local":{"path":"../../../system-dev.tfstate"}}');
    const { registry, system } = synthesise('dev', { state: { bucket: 'states', region: 'eu-west-1' } });
    expect(system.terraform['backend']).toEqual({
      s3: { bucket: 'states', region: 'eu-west-1', key: 'onsale-dev/system.tfstate', encrypt: true, use_lockfile: true },
    });
    expect(text(registry.terraform['backend'])).toContain('onsale-dev/registry.tfstate');
  });
});
