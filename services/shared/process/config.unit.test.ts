import { Type } from 'typebox';
import { describe, expect, it } from 'vitest';
import {
  commonSettings,
  databaseUrl,
  type Environment,
  loadConfig,
  processSettings,
  publicSettings,
  redisSettings,
  redisUrl,
} from './config.ts';

const schema = Type.Object({
  ...commonSettings('purchase'),
  REDIS_URL: redisUrl('Redis'),
  DATABASE_URL: databaseUrl('MySQL'),
});

const required = { REDIS_URL: 'redis://localhost:6379', DATABASE_URL: 'mysql://u:p@localhost/onsale' };
const load = (environment: Environment) => loadConfig(schema, { ...required, ...environment });

describe('the settings of a service', () => {
  it('have defaults if the environment does not set them', () => {
    expect(load({})).toEqual({ ...required, PORT: 8080, HOST: '0.0.0.0', METRICS_PORT: 9080, LOG_LEVEL: 'info' });
  });

  it('treat an empty value as absent', () => {
    expect(load({ PORT: '', LOG_LEVEL: '' })).toMatchObject({ PORT: 8080, LOG_LEVEL: 'info' });
    expect(() => load({ REDIS_URL: '' })).toThrow('REDIS_URL is missing');
  });

  it('are converted to their types', () => {
    expect(load({ PORT: '9000', LOG_LEVEL: 'debug', HOST: '127.0.0.1' })).toMatchObject({ PORT: 9000, LOG_LEVEL: 'debug' });
    expect(load({ HOST: '1' }).HOST).toBe('1');
  });

  it.each([
    '8080.5',
    '0x50',
    '1e3',
    'true',
    ' 8080',
    '8080 ',
    '+8080',
    '0',
    '-1',
    '65536',
    '99999999999999999999',
    'http',
    '８０',
  ])('reject "%s" as a port instead of guessing what was meant', (PORT) => {
    expect(() => load({ PORT })).toThrow(/^The environment is not valid:\n {2}PORT must be [^\n]+$/);
  });

  it.each(['WEB_CONCURRENCY=0', 'WEB_CONCURRENCY=65', 'WEB_CONCURRENCY=1.5', 'REDIS_CLUSTER=1', 'REDIS_CLUSTER=yes'])(
    'reject %s instead of starting the wrong number of processes or the wrong kind of Redis',
    (given) => {
      const [name = '', value] = given.split('=');
      expect(() => loadConfig(Type.Object({ ...processSettings, ...redisSettings }), { [name]: value })).toThrow(
        `${name} must be`,
      );
    },
  );

  it.each(['https://shop.example', 'http://localhost:3000,https://shop.example'])('accept %s as origins', (CORS_ORIGINS) => {
    expect(loadConfig(Type.Object(publicSettings), { CORS_ORIGINS })).toEqual({ CORS_ORIGINS });
  });

  it.each(['*', 'shop.example', 'https://shop.example/', 'https://Shop.example', 'https://a.example, https://b.example', 'null'])(
    'reject %s as an origin, because no browser would ever send it',
    (CORS_ORIGINS) => {
      expect(() => loadConfig(Type.Object(publicSettings), { CORS_ORIGINS })).toThrow('CORS_ORIGINS must');
    },
  );

  it('contain nothing that the schema does not describe', () => {
    expect(load({ SECRET: 'hush' })).not.toHaveProperty('SECRET');
  });

  it('report all faults together, each with the name of its setting, in one error', () => {
    const environment = { PORT: 'http', LOG_LEVEL: 'loud', REDIS_URL: 'localhost:6379' };
    const report = () => loadConfig(schema, environment);
    expect(report).toThrow('The environment is not valid:\n');
    for (const fault of [
      '  PORT must be an integer',
      '  LOG_LEVEL must be one of fatal, error, warn, info, debug, trace, silent',
      '  REDIS_URL must be a URL that begins with redis:// or, for TLS, rediss://',
      '  DATABASE_URL is missing',
    ]) {
      expect(report).toThrow(fault);
    }
  });

  it('leave the environment unchanged', () => {
    const environment = Object.freeze({ ...required, PORT: '9000' });
    loadConfig(schema, environment);
    expect(environment).toEqual({ ...required, PORT: '9000' });
  });
});
