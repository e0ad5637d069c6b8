import { describe, expect, it } from 'vitest';
import { type Part, whoseSystem } from './named-system.ts';
import { defaultPorts } from './ports.ts';

const named = {
  REDIS_URL: 'rediss://redis.example:6379',
  DATABASE_URL: 'mysql://mysql.example/onsale',
  SNS_TOPIC_ARN: 'arn:aws:sns:eu-central-1:123456789012:ticket-events',
  SQS_QUEUE_URL: 'https://sqs.example/ticket-sql',
  SQS_DEAD_LETTER_QUEUE_URL: 'https://sqs.example/dead-letters',
};
const all: Part[] = ['db', 'redis', 'messaging'];
const stores: Part[] = ['db', 'redis'];

const whose = (needed: Part[], environment: Record<string, string>) => whoseSystem(needed, defaultPorts, environment);

describe('the system that a command works on', () => {
  it('is that of "npm start" if the environment names no part, and that of the environment if it names every part needed', () => {
    expect(whose(all, {})).toBe('local');
    expect(whose(all, { REDIS_URL: '', REDIS_CLUSTER: 'true', AWS_REGION: 'eu-central-1', DATABASE_PASSWORD: 'secret' })).toBe(
      'local',
    );
    expect(whose(all, named)).toBe('named');
    const { REDIS_URL, DATABASE_URL } = named;
    expect(whose(stores, { REDIS_URL, DATABASE_URL })).toBe('named');
  });

  it.each(Object.keys(named))('is refused if only %s is missing, with its value for "npm start"', (name) => {
    const environment = { ...named, [name]: '' };
    expect(() => whose(all, environment)).toThrow(`missing: ${name}\n`);
    expect(() => whose(all, environment)).toThrow(
      new RegExp(`\n  ${name}=(redis|mysql|arn|http)\\S+(127\\.0\\.0\\.1|ticket-events)`),
    );
  });

  it.each(['REDIS_READER_URL', 'DATABASE_READER_URL', 'SQS_QUEUE_URL', 'REDIS_URL'])(
    'is not that of "npm start" if %s is set, whatever the command needs',
    (name) => {
      expect(() => whose(stores, { [name]: 'redis://production.example' })).toThrow(
        /names only part .*\n {2}set: {5}\S+\n {2}missing: /,
      );
    },
  );

  it('reports a malformed setting as malformed, not as missing', () => {
    expect(() => whose(stores, { ...named, REDIS_URL: 'redis.example:6379' })).toThrow(
      'REDIS_URL must be a URL that begins with redis://',
    );
  });
});
