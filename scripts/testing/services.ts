import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { ServiceName } from '../../services/shared/http/path-table.ts';
import { emulatorEnvironment } from '../local/emulator.ts';
import { freePort } from '../local/free-ports.ts';
import type { LocalProcess } from '../local/process.ts';
import { startService } from '../local/services.ts';
import { accountsKeySecret, opsToken, orderTokenSecret } from './apps.ts';
import { createCheckoutMessaging, createMessaging, urls } from './stores.ts';
import { serviceSecret } from './tokens.ts';

export type TestService = LocalProcess & { base: string; logFile: string };

type Messaging = { topicArn: string; queueUrl: string; deadLetterQueueUrl: string };

/** A folder for a test's logs and data, deleted with `resources`. */
export function testFolder(resources: AsyncDisposableStack): string {
  const folder = mkdtempSync(join(import.meta.dirname, '../../.local/e2e-'));
  resources.defer(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Starts a service as a process, on a free port, with this run's stores and a test's topic and queues. */
export async function startTestService(
  service: ServiceName,
  { topicArn, queueUrl, deadLetterQueueUrl }: Messaging,
  at: { resources: AsyncDisposableStack; endpoint?: string; env?: Record<string, string> },
): Promise<TestService> {
  const { resources, endpoint = urls.endpoint, env = {} } = at;
  const port = await freePort();
  // All tests share the database, and their conflicts must not reach this test's queue.
  const toldTo = service === 'persistence' ? (await createMessaging()).topicArn : topicArn;
  // The SQS client connects to the queue's URL, not to the endpoint.
  const reached = (url: string) => url.replace(urls.endpoint, endpoint);
  const logFolder = testFolder(resources);
  const started = await startService(service, {
    port,
    logFolder,
    // Large pages take a quarter of a second at the start, more than a service of a test can gain from them.
    flags: [],
    env: {
      ...emulatorEnvironment(endpoint),
      CLIENT_LIMITS: 'false',
      ORDER_TOKEN_SECRET: orderTokenSecret,
      OPS_TOKEN: opsToken,
      SERVICE_SECRET: serviceSecret,
      ACCOUNTS_KEY_SECRET: accountsKeySecret,
      PUBLIC_ORIGIN: 'http://localhost',
      ACCOUNTS_URL: '',
      PURCHASE_URL: 'http://127.0.0.1:1',
      MAIL_FROM: 'tickets@onsale.example',
      // Never those of this machine's environment: no test moves real money.
      STRIPE_SECRET_KEY: '',
      PAYPAL_CLIENT_ID: '',
      REDIS_URL: urls.redisUrl,
      REDIS_READER_URL: urls.redisUrl,
      DATABASE_URL: urls.databaseUrl,
      DATABASE_READER_URL: urls.databaseReaderUrl,
      SNS_TOPIC_ARN: toldTo,
      SQS_QUEUE_URL: reached(queueUrl),
      SQS_DEAD_LETTER_QUEUE_URL: reached(deadLetterQueueUrl),
      ...(service === 'checkout' && mapValues(checkoutSettings(await createCheckoutMessaging()), reached)),
      ...env,
    },
  });
  resources.defer(() => started.stop());
  return { ...started, base: `http://127.0.0.1:${port}`, logFile: join(logFolder, `${service}.log`) };
}

const mapValues = (settings: Record<string, string>, change: (value: string) => string) =>
  Object.fromEntries(Object.entries(settings).map(([name, value]) => [name, change(value)]));

/** The settings with which checkout finds its topic and queues. */
export const checkoutSettings = ({ topicArn, queueUrl, deadLetterQueueUrl }: Messaging) => ({
  CHECKOUT_TOPIC_ARN: topicArn,
  CHECKOUT_QUEUE_URL: queueUrl,
  CHECKOUT_DEAD_LETTER_QUEUE_URL: deadLetterQueueUrl,
});
