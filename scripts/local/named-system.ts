import { Type } from 'typebox';
import { messaging } from '../../services/shared/events/messaging.ts';
import * as config from '../../services/shared/process/config.ts';
import { queueUrl, topicArn } from './emulator.ts';
import type { Ports } from './ports.ts';
import { localStoreUrls } from './store-urls.ts';

/** The parts of a system that an operator's command may work on. */
export type Part = 'db' | 'redis' | 'messaging';

/** The settings that name each part, for commands as for services. */
const partSettings = {
  redis: { REDIS_URL: config.redisUrl('Redis with the inventory and the outbox') },
  db: { DATABASE_URL: config.databaseUrl('MySQL writer') },
  messaging: { SNS_TOPIC_ARN: config.ticketsTopicArn, ...config.queueSettings },
};

type SettingName = { [Name in Part]: keyof (typeof partSettings)[Name] }[Part];

const namesOf = (parts: readonly Part[]) => parts.flatMap((part) => Object.keys(partSettings[part]) as SettingName[]);

/** Setting any of these means a system other than that of "npm start". */
const allSettings = [...namesOf(['redis', 'db', 'messaging']), 'REDIS_READER_URL', 'DATABASE_READER_URL'];

/**
 * Returns 'named' if the environment names the parts that a command needs, or 'local' if it names none at all, which means those of
 * "npm start" on this machine. Throws if it names only some, because a command must not combine a production Redis with a laptop's
 * MySQL. Also throws if a setting is malformed.
 */
export function whoseSystem(
  needed: readonly Part[],
  ports: Pick<Ports, 'redis' | 'mysql' | 'emulator'>,
  environment: Record<string, string | undefined>,
): 'named' | 'local' {
  const set = allSettings.filter((name) => environment[name]);
  if (set.length === 0) return 'local';
  const missing = namesOf(needed).filter((name) => !environment[name]);
  if (missing.length === 0) {
    config.loadConfig(Type.Object(Object.assign({}, ...needed.map((part) => partSettings[part]))), environment);
    return 'named';
  }
  const local = localSettings(ports);
  throw new Error(
    [
      'The environment (or .env) names only part of the system that this command works on.',
      `  set:     ${set.join(', ')}`,
      `  missing: ${missing.join(', ')}`,
      'Set the missing ones too; or set none at all, to work on what "npm start" runs here. If "npm start" runs the missing ones, set:',
      ...missing.map((name) => `  ${name}=${local[name]}`),
    ].join('\n'),
  );
}

/** The settings that name the system of "npm start". */
function localSettings(ports: Pick<Ports, 'redis' | 'mysql' | 'emulator'>): Record<SettingName, string> {
  const { redisUrl, databaseUrl } = localStoreUrls(ports);
  const endpoint = `http://127.0.0.1:${ports.emulator}`;
  return {
    REDIS_URL: redisUrl,
    DATABASE_URL: databaseUrl,
    SNS_TOPIC_ARN: topicArn(messaging.topic),
    SQS_QUEUE_URL: queueUrl(endpoint, messaging.queue),
    SQS_DEAD_LETTER_QUEUE_URL: queueUrl(endpoint, messaging.deadLetterQueue),
  };
}
