import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parseEventFile } from '../../services/shared/inventory/plan/event-file.ts';
import { type Answers, runStubbed } from './stubs.ts';

const queue = 'arn:aws:sqs:eu-north-1:123456789012:onsale-dev-ticket-sql';
const order = '{"orderId":"order-1","eventId":"Canary","tickets":[{"ticketId":"ticket-1","orderId":"order-1"}]}';
const notFound =
  '{"status":404,"code":"NOT_FOUND","detail":"The services are at /purchase/*, /query/*, /events/*, /accounts/*, /catalogue/*, /checkout/*"}';
const unreachable = { code: 7, err: 'curl: (7) Failed to connect' };

const http = (path: string, status: number, body = '{}'): Answers[number] => [`curl*${path}`, `${body}\n${status}`];

/** A healthy system. A test's own answers go before these. */
const well: Answers = [
  http('/purchase/health', 200),
  http('/query/health', 200),
  http('/events/health', 200),
  http('/accounts/health', 200),
  http('/catalogue/health', 200),
  http('/checkout/health', 200),
  http('/canary', 404, notFound),
  http('/purchase/api/v1/orders/order-1/cancel', 200),
  http('/purchase/api/v1/orders', 201, order),
  [`curl*/query/api/v1/tickets/ticket-1`, '{}\n404', '{}\n200'],
  ['sleep', ''],
  ['aws sts get-caller-identity', '123456789012\tarn:aws:iam::123456789012:user/ann\n'],
  ['aws ecs describe-services', 'ACTIVE\t2\t2\tCOMPLETED\n'],
  ['aws rds describe-db-clusters', 'available\t1\t1\n'],
  ['aws elasticache describe-replication-groups', 'available\n'],
  ['aws sqs get-queue-url --queue-name onsale-dev-ticket-sql-dead-letters', 'https://sqs/dead-letters\n'],
  ['aws sqs get-queue-url --queue-name onsale-dev-checkout-work-dead-letters', 'https://sqs/work-dead-letters\n'],
  ['aws sqs get-queue-url', 'https://sqs/queue\n'],
  ['aws sqs get-queue-attributes --queue-url https://sqs/queue --attribute-names QueueArn', `${queue}\n`],
  [
    'aws sqs get-queue-attributes --queue-url https://sqs/queue --attribute-names ApproximateNumberOfMessages',
    '5\n',
    '5\n',
    '3\n',
  ],
  ['aws sqs get-queue-attributes --queue-url https://sqs/dead-letters', '0\t0\t0\n'],
  ['aws sqs get-queue-attributes --queue-url https://sqs/work-dead-letters', '0\t0\t0\n'],
  [`aws sns list-subscriptions-by-topic*:123456789012:onsale-dev-ticket-events*${queue}`, 'arn:aws:sns:…:1\n'],
  ['aws elbv2 describe-load-balancers --names onsale-dev', 'arn:lb\tonsale-dev-1.elb.amazonaws.com\n'],
  ['aws elbv2 describe-listeners', '0\n'],
  [
    'aws elbv2 describe-target-groups',
    `${['purchase', 'query', 'persistence', 'accounts', 'catalogue', 'checkout'].map((service) => `arn:targetgroup/${service}/1`).join('\n')}\n`,
  ],
  ['aws elbv2 describe-target-health', 'healthy\thealthy\n'],
  ['aws cloudwatch describe-alarms*onsale-dev*ALARM', ''],
  ['aws cloudwatch get-metric-statistics', '1.5\n'],
];

const check = (changes: Answers = [], args = ['dev']) =>
  runStubbed('scripts/check-infrastructure.sh', args, ['aws', 'curl', 'sleep'], [...changes, ...well]);

const failures = (output: string) => output.split('\n').filter((line) => line.startsWith('FAIL'));

it('passes on a healthy system, and lists each check', async () => {
  const { code, output, calls } = await check();
  expect(failures(output)).toEqual([]);
  expect(code).toBe(0);
  expect(
    output
      .trimEnd()
      .split('\n')
      .slice(0, -1)
      .every((line) => line.startsWith('ok    ')),
  ).toBe(true);
  expect(output).toMatch(/\n27 checks, 0 failed\n$/);
  expect(calls.filter((call) => call.startsWith('curl')).every((call) => call.includes(' http://onsale-dev-1.elb'))).toBe(true);
});

it.each<[string, string, Answers]>([
  ['service query', '1 of 2 tasks are running', [['aws ecs describe-services*--services query', 'ACTIVE\t2\t1\tCOMPLETED\n']]],
  ['service query', '0 of 0 tasks are running', [['aws ecs describe-services*--services query', 'ACTIVE\t0\t0\tCOMPLETED\n']]],
  ['service query', 'IN_PROGRESS', [['aws ecs describe-services*--services query', 'ACTIVE\t2\t2\tIN_PROGRESS\n']]],
  ['service accounts', '0 of 1', [['aws ecs describe-services*--services accounts', 'ACTIVE\t1\t0\tCOMPLETED\n']]],
  ['service query', 'None', [['aws ecs describe-services*--services query', 'None\n']]],
  ['Aurora', 'failing-over', [['aws rds describe-db-clusters', 'failing-over\t1\t1\n']]],
  ['Aurora', 'readers: 0', [['aws rds describe-db-clusters', 'available\t1\t0\n']]],
  ['Aurora', 'writers: 0', [['aws rds describe-db-clusters', 'available\t0\t2\n']]],
  ['Redis', 'modifying', [['aws elasticache describe-replication-groups', 'modifying\n']]],
  ['Redis', 'AccessDenied', [['aws elasticache describe-replication-groups', { code: 254, err: 'AccessDenied' }]]],
  ['the topic', 'PendingConfirmation', [['aws sns list-subscriptions-by-topic', 'PendingConfirmation\n']]],
  ['the topic', 'None', [['aws sns list-subscriptions-by-topic', 'None\n']]],
  ['the dead-letter queue', '3 messages', [['aws sqs get-queue-attributes --queue-url https://sqs/dead-letters', '0\t3\t0\n']]],
  ['no webhook', '2 messages', [['aws sqs get-queue-attributes --queue-url https://sqs/work-dead-letters', '2\t0\t0\n']]],
  ['all targets', 'query: healthy unhealthy', [['aws elbv2 describe-target-health*/query/', 'healthy\tunhealthy\n']]],
  ['all targets', 'query: no targets', [['aws elbv2 describe-target-health*/query/', '']]],
  ['all targets', '1 of 6 target groups exist', [['aws elbv2 describe-target-groups', 'arn:targetgroup/purchase/1\n']]],
  ['no alarm', 'onsale-dev-dead-letters', [['aws cloudwatch describe-alarms', 'onsale-dev-dead-letters\n']]],
  ['GET /purchase/health', '503 {"checks":{}}', [http('/purchase/health', 503, '{"checks":{}}')]],
  ['GET /query/health', 'Failed to connect', [['curl*/query/health', unreachable]]],
  ['GET /events/health', '404', [http('/events/health', 404)]],
  ['GET /accounts/health', '503', [http('/accounts/health', 503)]],
  ['GET /catalogue/health', '503', [http('/catalogue/health', 503)]],
  ['GET /checkout/health', '503', [http('/checkout/health', 503)]],
  ['an unknown path', '200', [http('/canary', 200, notFound)]],
  ['an unknown path', '404 Not Found', [http('/canary', 404, 'Not Found')]],
  ['the ticket can be read', '404 {} after 30 s', [http('/query/api/v1/tickets/ticket-1', 404)]],
  ['the order can be cancelled', '503 {}', [http('/cancel', 503)]],
  [
    'the queue drains',
    '5 messages were waiting, and 5 after 60 s',
    [['aws sqs get-queue-attributes --queue-url https://sqs/queue --attribute-names ApproximateNumberOfMessages', '5\n']],
  ],
  ['no message waits', '301 s', [['aws cloudwatch get-metric-statistics', '301.0\n']]],
])('fails if a single thing is wrong, and names it and the reason: %s (%s)', async (what, why, changes) => {
  const { code, output } = await check(changes);
  expect(code).toBe(1);
  expect(failures(output)).toEqual([expect.stringContaining(what)]);
  expect(failures(output)[0]).toContain(why);
  expect(output).toMatch(/\n27 checks, 1 failed\n$/);
});

it.each<[string, Answers, string[]]>([
  [
    'the test purchase is refused',
    [['curl*/purchase/api/v1/orders', '{"code":"EVENT_NOT_FOUND"}\n404']],
    ['can be bought: 404 {"code":"EVENT_NOT_FOUND"}', 'can be read: no ticket', 'can be cancelled: no order'],
  ],
  [
    'the queue is gone',
    [['aws sqs get-queue-url --queue-name onsale-dev-ticket-sql ', { code: 254, err: 'NonExistentQueue' }]],
    ['the queue exists: NonExistentQueue', 'the topic', 'the queue drains', ''],
  ],
])('still runs all checks if %s', async (_, changes, expected) => {
  const { code, output } = await check(changes);
  expect(code).toBe(1);
  for (const text of expected) expect(failures(output).join('\n')).toContain(text);
  expect(output).toMatch(/\n27 checks, [34] failed\n$/);
});

it('fails every check, and exits, if no part of the system exists', async () => {
  const gone: Answers = [
    'aws ecs',
    'aws rds',
    'aws elasticache',
    'aws sqs',
    'aws sns',
    'aws elbv2',
    'aws cloudwatch',
    'curl',
  ].map((command) => [command, { code: 254, err: 'NotFound' }]);
  const { code, output } = await check(gone);
  expect(code).toBe(1);
  expect(output).toMatch(/\n27 checks, 27 failed\n$/);
});

it('accepts MemoryDB as Redis if ElastiCache has none with that name', async () => {
  const memoryDb = (state: string): Answers => [
    ['aws elasticache describe-replication-groups', { code: 254, err: 'ReplicationGroupNotFoundFault' }],
    ['aws memorydb describe-clusters --cluster-name onsale-dev', state],
  ];
  expect((await check(memoryDb('available'))).code).toBe(0);
  expect(failures((await check(memoryDb('updating'))).output)).toEqual(['FAIL  Redis is available: updating']);
});

it('accepts a queue that had no messages for hours', async () => {
  const { code, output } = await check([['aws cloudwatch get-metric-statistics', 'None\n']]);
  expect(failures(output)).toEqual([]);
  expect(code).toBe(0);
});

it('cancels its purchase even if the ticket cannot be read', async () => {
  const { calls } = await check([http('/query/api/v1/tickets/ticket-1', 404)]);
  expect(calls.findLast((call) => call.startsWith('curl'))).toContain('/purchase/api/v1/orders/order-1/cancel');
});

it('retries with the same Idempotency-Key if a purchase got no answer', async () => {
  const orders = /idempotency-key: ("canary-[^"]+").*\/purchase\/api\/v1\/orders$/;
  const keys = (calls: string[]) => calls.flatMap((call) => call.match(orders)?.[1] ?? []);
  const lost = await check([
    http('/cancel', 200),
    ['curl*/purchase/api/v1/orders', { code: 28, err: 'curl: (28) timed out' }, `${order}\n201`],
  ]);
  expect(lost.code).toBe(0);
  expect(keys(lost.calls)).toHaveLength(2);
  expect(new Set(keys(lost.calls)).size).toBe(1);
  const refused = await check([['curl*/purchase/api/v1/orders', '{}\n503']]);
  expect(keys(refused.calls)).toHaveLength(1);
  expect(keys((await check()).calls)).toHaveLength(1);
});

it('checks a local system only over HTTP, at the port of npm start or the given URL', async () => {
  const { code, output, calls } = await check([], ['local']);
  expect(code).toBe(0);
  expect(output).toMatch(/\n10 checks, 0 failed\n$/);
  expect(calls.filter((call) => call.startsWith('aws'))).toEqual([]);
  expect(calls[0]).toContain(' http://localhost:8000/purchase/health');
  expect((await check([], ['local', 'http://elsewhere/'])).calls[0]).toContain(' http://elsewhere/purchase/health');
});

it('asks whether npm start is running if nothing answers locally', async () => {
  const { code, output } = await check([['curl', unreachable]], ['local']);
  expect(code).toBe(1);
  expect(output).toMatch(/\n10 checks, 10 failed\nNothing answers at http:\/\/localhost:8000\. Is "npm start" running\?\n$/);
});

it('uses https if the load balancer has a certificate, or else the given URL', async () => {
  const tls = await check([['aws elbv2 describe-listeners', '1\n']]);
  expect(tls.calls.find((call) => call.startsWith('curl'))).toContain(' https://onsale-dev-1.elb.amazonaws.com/');
  const named = await check([], ['dev', 'https://tickets.example']);
  expect(named.calls.filter((call) => call.startsWith('curl')).every((call) => call.includes(' https://tickets.example/'))).toBe(
    true,
  );
});

it.each([[[]], [['staging']], [['dev', 'http://a', 'b']]])(
  'shows its usage and does nothing for the arguments %j',
  async (args) => {
    const { code, output, calls } = await check([], args);
    expect(code).toBe(2);
    expect(output).toContain('usage: scripts/check-infrastructure.sh');
    expect(calls).toEqual([]);
  },
);

it('buys a ticket for the event in scripts/demo/canary.json', async () => {
  const { inventory } = parseEventFile(readFileSync(join(import.meta.dirname, '../demo/canary.json'), 'utf8'));
  const { eventId, venueId, zones } = inventory;
  const wish = JSON.stringify({ venueId, eventId, zoneId: zones[0]?.zoneId, quantity: 1 });
  expect((await check([], ['local'])).calls.find((call) => call.endsWith('/purchase/api/v1/orders'))).toContain(
    ` --data ${wish} `,
  );
});
