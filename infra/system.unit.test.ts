import { describe, expect, it } from 'vitest';
import { whoseSystem } from '../scripts/local/named-system.ts';
import { defaultPorts } from '../scripts/local/ports.ts';
import { accountsConfig } from '../services/accounts/config.ts';
import { catalogueConfig } from '../services/catalogue/config.ts';
import { checkoutConfig } from '../services/checkout/config.ts';
import { persistenceConfig } from '../services/persistence/config.ts';
import { purchaseConfig } from '../services/purchase/config.ts';
import { queryConfig } from '../services/query/config.ts';
import { pathTable, serviceNames } from '../services/shared/http/path-table.ts';
import { loadConfig } from '../services/shared/process/config.ts';
import { environments } from './settings.ts';
import { containerOf, synthesise, type View, variable } from './testing.ts';

const images = [...serviceNames, 'operations'];
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
    expect(withoutOne.map(([id]) => id).toSorted()).toEqual(['dead-letter-queue', 'work-dead-letter-queue']);
    expect(queues['queue']?.['redrive_policy']).toContain('${aws_sqs_queue.dead-letter-queue.arn}');
    expect(queues['work-queue']?.['redrive_policy']).toContain('${aws_sqs_queue.work-dead-letter-queue.arn}');
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
      'accounts > database:3306',
      'catalogue > accounts:8083',
      'catalogue > checkout:8085',
      'catalogue > database:3306',
      'catalogue > purchase:8080',
      'catalogue > redis:6379',
      'checkout > accounts:8083',
      'checkout > database:3306',
      'checkout > purchase:8080',
      'load-balancer > accounts:8083',
      'load-balancer > catalogue:8084',
      'load-balancer > checkout:8085',
      'load-balancer > persistence:8082',
      'load-balancer > purchase:8080',
      'load-balancer > query:8081',
      'operations > database:3306',
      'operations > redis:6379',
      'persistence > database:3306',
      'purchase > accounts:8083',
      'purchase > redis:6379',
      'query > accounts:8083',
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
    expect(actionsOf('accounts')).toEqual(new Set());
    expect(actionsOf('catalogue')).toEqual(new Set(['sns:Publish', 'sqs:GetQueueAttributes']));
    expect(actionsOf('checkout')).toContain('sqs:ReceiveMessage');
    expect(actionsOf('checkout')).not.toContain('sqs:PurgeQueue');
    expect(actionsOf('persistence')).toContain('sqs:ReceiveMessage');
    expect(actionsOf('persistence')).not.toContain('sqs:PurgeQueue');
  });

  it('gives each service only the secrets that it needs', () => {
    const named = (image: string) =>
      containerOf(system, image)
        .secrets.map(({ name }) => name)
        .filter((name) => !/^(DATABASE|REDIS)_/.test(name))
        .toSorted();
    expect(Object.fromEntries(images.map((image) => [image, named(image)]))).toEqual({
      purchase: ['OPS_TOKEN', 'ORDER_TOKEN_SECRET', 'SERVICE_SECRET'],
      query: ['OPS_TOKEN', 'ORDER_TOKEN_SECRET', 'SERVICE_SECRET'],
      persistence: [],
      accounts: ['ACCOUNTS_KEY_SECRET', 'OPS_TOKEN', 'SERVICE_SECRET'],
      catalogue: ['OPS_TOKEN', 'SERVICE_SECRET'],
      checkout: ['OPS_TOKEN', 'ORDER_TOKEN_SECRET', 'SERVICE_SECRET'],
      operations: [],
    });
  });

  it('names each service to the others, in this network only', () => {
    expect(system.single('aws_service_discovery_private_dns_namespace')).toMatchObject({
      name: `onsale-${environment}.internal`,
      vpc: '${aws_vpc.vpc.id}',
    });
    for (const service of serviceNames) {
      expect(system.all('aws_service_discovery_service')[`${service}-name`]).toMatchObject({ name: service });
      expect(system.all('aws_ecs_service')[`${service}-service`]?.['service_registries']).toEqual({
        registry_arn: `\${aws_service_discovery_service.${service}-name.arn}`,
      });
    }
    const callers = images.filter((image) => variable(containerOf(system, image), 'ACCOUNTS_URL') !== '');
    expect(callers).toEqual(['purchase', 'query', 'catalogue', 'checkout']);
    for (const caller of callers)
      expect(variable(containerOf(system, caller), 'ACCOUNTS_URL')).toBe(`http://accounts.onsale-${environment}.internal:8083`);
    const purchaseUrl = `http://purchase.onsale-${environment}.internal:8080`;
    for (const caller of ['catalogue', 'checkout'])
      expect(variable(containerOf(system, caller), 'PURCHASE_URL')).toBe(purchaseUrl);
    const checkoutUrl = `http://checkout.onsale-${environment}.internal:8085`;
    expect(variable(containerOf(system, 'catalogue'), 'CHECKOUT_URL')).toBe(checkoutUrl);
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
    ['accounts', accountsConfig],
    ['catalogue', catalogueConfig],
    ['checkout', checkoutConfig],
  ])('gives %s valid settings', (image, schema) => {
    const { environment: variables, secrets } = containerOf(system, image);
    const given = Object.fromEntries(variables.map(({ name, value }) => [name, settled(value)]));
    for (const { name } of secrets) given[name] = 'x'.repeat(64);
    const config = loadConfig(schema, given);
    const known = Object.keys(schema.properties);
    for (const name of Object.keys(given)) expect([...known, 'NODE_ENV', 'AWS_REGION']).toContain(name);
    // A new setting must be given here, or its default must be right for production.
    for (const name of known.filter((one) => !(one in given)))
      expect([...rightByDefault.keys()], `${image} is not given ${name}`).toContain(name);
    for (const [name, value] of rightByDefault)
      if (known.includes(name)) expect([name, Reflect.get(config, name)]).toEqual([name, value]);
  });

  it('gives operations the address of every part of the system, so that no command falls back to another system', () => {
    const { environment: variables } = containerOf(system, 'operations');
    const given = Object.fromEntries(variables.map(({ name, value }) => [name, settled(value)]));
    expect(whoseSystem(['db', 'redis', 'messaging'], defaultPorts, given)).toBe('named');
  });

  it('routes the paths of the path table, and answers any other path with a problem that lists the services', () => {
    const rules = system.all('aws_lb_listener_rule');
    const priorities = Object.keys(pathTable).map((service) => rules[`${service}-rule`]?.['priority']);
    expect(priorities).toEqual([10, 20, 30, 40, 50, 60]);
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

  it('scales services by CPU, and those that read a queue also by its age', () => {
    const policies = system.all('aws_appautoscaling_policy');
    expect(Object.keys(policies).toSorted()).toEqual([
      'accounts-by-cpu',
      'catalogue-by-cpu',
      'checkout-by-cpu',
      'checkout-by-queue-age',
      'persistence-by-cpu',
      'persistence-by-queue-age',
      'purchase-by-cpu',
      'query-by-cpu',
    ]);
    for (const [service, queue] of [
      ['persistence', 'queue'],
      ['checkout', 'work-queue'],
    ]) {
      const policy = text(policies[`${service}-by-queue-age`]);
      expect(policy).toContain('ApproximateAgeOfOldestMessage');
      expect(policy).toContain(`aws_sqs_queue.${queue}.name`);
    }
  });

  it('has an alarm for everything that can make an on-sale fail', () => {
    const names = system
      .list('aws_cloudwatch_metric_alarm')
      .map(({ alarm_name: name }) => String(name).replace(/^onsale-[a-z]+-/, ''));
    expect(names.toSorted()).toEqual([
      'accounts-latency',
      'accounts-tasks',
      'catalogue-tasks',
      'checkout-dead-letters',
      'checkout-queue-age',
      'checkout-stuck',
      'checkout-tasks',
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

/** Settings that tasks are not given, with their defaults if these depend on how things are here. */
const rightByDefault = new Map<string, unknown>([
  // The load balancer and health checks use the path table's port, on every address of the task.
  ['PORT', expect.any(Number)],
  ['HOST', '0.0.0.0'],
  ['METRICS_PORT', expect.any(Number)],
  ['LOG_LEVEL', 'info'],
  ['CLIENT_LIMITS', true],
  // The load balancer alone.
  ['TRUSTED_PROXIES', 1],
  ['REQUESTS_PER_SECOND', expect.any(Number)],
  ['REQUESTS_AT_ONCE', expect.any(Number)],
  ['API_KEY_PLANS', expect.stringContaining('standard=')],
  ['LIVE_HOLDS_PER_CLIENT', 10],
  ['HELD_TICKETS_PER_CLIENT', 50],
  ['GIVE_BACKS_PER_HOUR', 120],
  ['IDEMPOTENCY_KEYS_PER_HOUR', 3_600],
  ['OUTBOX_RETENTION_HOURS', 24],
  // Of all tasks together fewer than the database takes (database.connectionsAlarm).
  ['DATABASE_CONNECTIONS', 10],
  ['PASSWORDS_AT_ONCE', 1],
  // Nobody signs in with a provider.
  ['OIDC_PROVIDERS', ''],
  // Nobody pays with a provider whose secret the settings do not name.
  ['CHECKOUT_MINUTES', 15],
  ['STRIPE_SECRET_KEY', ''],
  ['STRIPE_WEBHOOK_SECRET', ''],
  ['STRIPE_PUBLISHABLE_KEY', ''],
  ['STRIPE_URL', 'https://api.stripe.com'],
  ['PAYPAL_CLIENT_ID', ''],
  ['PAYPAL_CLIENT_SECRET', ''],
  ['PAYPAL_WEBHOOK_ID', ''],
  ['PAYPAL_URL', 'https://api-m.paypal.com'],
]);

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

describe('mail', () => {
  const identityArn = 'arn:aws:ses:us-east-1:111111111111:identity/shop.example';
  const { system } = synthesise('dev', { mail: { from: 'tickets@shop.example', identityArn } });

  it('may be sent by accounts alone, and from one address alone', () => {
    const policies = Object.entries(system.all('aws_iam_role_policy')).filter(([, { policy }]) => text(policy).includes('ses:'));
    expect(policies.map(([id]) => id)).toEqual(['accounts-policy']);
    const { Statement } = JSON.parse(String(policies[0]?.[1]['policy']));
    expect(Statement).toEqual([
      {
        Effect: 'Allow',
        Action: ['ses:SendEmail'],
        Resource: identityArn,
        Condition: { StringEquals: { 'ses:FromAddress': 'tickets@shop.example' } },
      },
    ]);
    expect(variable(containerOf(system, 'accounts'), 'MAIL_FROM')).toBe('tickets@shop.example');
  });
});

describe('providers that people sign in with', () => {
  const secretArn = 'arn:aws:secretsmanager:us-east-1:111111111111:secret:oidc-providers-AbCdEf';
  const { system } = synthesise('dev', { oidcProvidersArn: secretArn });
  const readersIn = ({ system: one }: ReturnType<typeof synthesise>, word: string) =>
    Object.entries(one.all('aws_iam_role_policy')).flatMap(([id, { policy }]) => (text(policy).includes(word) ? [id] : []));

  it('are a secret, which accounts alone gets, and which its task alone may read, to start', () => {
    for (const image of images) {
      const given = containerOf(system, image).secrets.find(({ name }) => name === 'OIDC_PROVIDERS');
      expect([image, given?.valueFrom]).toEqual([image, image === 'accounts' ? secretArn : undefined]);
    }
    expect(readersIn(synthesise('dev', { oidcProvidersArn: secretArn }), secretArn)).toEqual(['accounts-start-policy']);
  });

  it('are none unless the settings name the secret', () => {
    const { secrets } = containerOf(synthesise('dev').system, 'accounts');
    expect(secrets.map(({ name }) => name)).not.toContain('OIDC_PROVIDERS');
  });

  it('and SES can be reached by accounts: by HTTPS, anywhere', () => {
    expect(system.all('aws_vpc_security_group_egress_rule')['accounts-to-aws']).toMatchObject({
      security_group_id: '${aws_security_group.accounts-security-group.id}',
      cidr_ipv4: '0.0.0.0/0',
      ip_protocol: 'tcp',
      from_port: 443,
      to_port: 443,
    });
  });
});

describe('payment providers', () => {
  const arnOf = (name: string) => `arn:aws:secretsmanager:us-east-1:111111111111:secret:${name}-AbCdEf`;
  const { system } = synthesise('dev', { stripeArn: arnOf('stripe'), paypalArn: arnOf('paypal') });
  const { system: withOne } = synthesise('dev', { paypalArn: arnOf('paypal') });
  const ofProviders = (image: string, from: View = system) =>
    containerOf(from, image).secrets.filter(({ name }) => /^(STRIPE|PAYPAL)_/.test(name));

  it('have a secret each, of which checkout alone gets the keys, and which its task alone may read, to start', () => {
    expect(images.filter((image) => ofProviders(image).length > 0)).toEqual(['checkout']);
    expect(Object.fromEntries(ofProviders('checkout').map(({ name, valueFrom }) => [name, valueFrom]))).toEqual({
      STRIPE_SECRET_KEY: `${arnOf('stripe')}:STRIPE_SECRET_KEY::`,
      STRIPE_WEBHOOK_SECRET: `${arnOf('stripe')}:STRIPE_WEBHOOK_SECRET::`,
      STRIPE_PUBLISHABLE_KEY: `${arnOf('stripe')}:STRIPE_PUBLISHABLE_KEY::`,
      PAYPAL_CLIENT_ID: `${arnOf('paypal')}:PAYPAL_CLIENT_ID::`,
      PAYPAL_CLIENT_SECRET: `${arnOf('paypal')}:PAYPAL_CLIENT_SECRET::`,
      PAYPAL_WEBHOOK_ID: `${arnOf('paypal')}:PAYPAL_WEBHOOK_ID::`,
    });
    for (const arn of [arnOf('stripe'), arnOf('paypal')]) {
      const readers = Object.entries(system.all('aws_iam_role_policy')).filter(([, { policy }]) =>
        text(policy).includes(`${arn}\\"`),
      );
      expect(readers.map(([id]) => id)).toEqual(['checkout-start-policy']);
    }
  });

  it('are those whose secret the settings name', () => {
    const names = ofProviders('checkout', withOne).map(({ name }) => name);
    expect(names.toSorted()).toEqual(['PAYPAL_CLIENT_ID', 'PAYPAL_CLIENT_SECRET', 'PAYPAL_WEBHOOK_ID']);
  });

  it('can be reached by checkout: by HTTPS, anywhere', () => {
    expect(system.all('aws_vpc_security_group_egress_rule')['checkout-to-aws']).toMatchObject({
      security_group_id: '${aws_security_group.checkout-security-group.id}',
      cidr_ipv4: '0.0.0.0/0',
      from_port: 443,
    });
  });

  it('publish their webhooks to no queue themselves: only the tickets have a subscription', () => {
    expect(system.list('aws_sns_topic_subscription')).toHaveLength(1);
    expect(system.list('aws_sqs_queue_policy')).toHaveLength(1);
  });
});

describe('the origin at which people reach the system', () => {
  const originOf = (system: View) => variable(containerOf(system, 'accounts'), 'PUBLIC_ORIGIN');

  it("is the settings', or the load balancer's own", () => {
    expect(originOf(synthesise('dev').system)).toBe('http://${aws_lb.load-balancer.dns_name}');
    expect(originOf(synthesise('dev', { publicOrigin: 'https://shop.example' }).system)).toBe('https://shop.example');
  });
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
