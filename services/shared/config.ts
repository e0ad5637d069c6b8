import { type Static, type TObject, Type } from 'typebox';
import { Value } from 'typebox/value';
import { listFaults } from './faults.ts';

export type Environment = Record<string, string | undefined>;

/**
 * The part of the environment that a schema describes, converted to its types and with its defaults; an empty value
 * counts as absent. Throws one error that names every setting at fault.
 */
export function loadConfig<Schema extends TObject>(schema: Schema, environment: Environment): Static<Schema> {
  const given = Object.keys(schema.properties)
    .filter((name) => environment[name])
    .map((name) => [name, environment[name]]);
  const config = Value.Convert(schema, Value.Default(schema, Object.fromEntries(given)));
  if (Value.Check(schema, config)) return config;
  const faults = listFaults(Value.Errors(schema, config)).map(({ pointer, detail }) => `  ${pointer.slice(1)} ${detail}`);
  throw new Error(`The environment is not valid:\n${faults.join('\n')}`);
}

const url = (protocol: string, description: string) => Type.String({ pattern: `^${protocol}://`, description });

/** Settings that more than one service has; each service's `config.ts` picks its own. */
export const settings = {
  port: (fallback: number) =>
    Type.Integer({ minimum: 1, maximum: 65_535, default: fallback, description: 'Port that the service listens on' }),
  host: Type.String({ default: '0.0.0.0', description: 'Address that the service listens on' }),
  logLevel: Type.Enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'], {
    default: 'info',
    description: 'Least severe log line to write',
  }),
  redisUrl: url('rediss?', 'Redis with the inventory and the outbox; rediss:// for TLS'),
  databaseUrl: url('mysql', 'MySQL writer: mysql://user:password@host:port/database'),
};
