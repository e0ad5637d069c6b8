import { Type } from 'typebox';
import * as config from '../../services/shared/config.ts';
import { messaging } from '../../services/shared/resources.ts';
import { queueUrl, topicArn } from './emulator.ts';
import type { Ports } from './ports.ts';
import { localStoreUrls } from './stores.ts';

/** The parts of a system that an operator's command may work on. */
export type Part = 'db' | 'redis' | 'messaging';

/** The settings that name each part, for commands as for services. */
const partSettings = {
  redis: { REDIS_URL: config.redisUrl('Redis with the inventory and the outbox') },
  db: { DATABASE_URL: config.databaseUrl('MySQL writer') },
  messaging: { SNS_TOPIC_ARN: config.topicArn, ...config.queueSettings },
};

type SettingName = { [Name in Part]: keyof (typeof partSettings)[Name] }[Part];

const namesOf = (parts: readonly Part[]) => parts.flatMap((part) => Object.keys(partSettings[part]) as SettingName[]);

/** Whoever has set one of these means another system than that of "npm start". */
const allSettings = [...namesOf(['redis', 'db', 'messaging']), 'REDIS_READER_URL', 'DATABASE_READER_URL'];

/**
 * Whether the environment names the parts that a command needs, or none at all, which means those of "npm start" on this machine.
 * Throws if it names only some: a command must not work on a production Redis and on a laptop's MySQL. Throws too if one is malformed.
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
      'The environment (or .env) names only a part of the system that this command works on.',
      `  set:     ${set.join(', ')}`,
      `  missing: ${missing.join(', ')}`,
      'Set all of these, or none of them to work on what "npm start" runs here. If "npm start" runs the missing ones, they are:',
      ...missing.map((name) => `  ${name}=${local[name]}`),
    ].join('\n'),
  );
}

/** What "npm start" runs, as settings would name it. */
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
