import { Kysely, MysqlDialect, MysqlDriver, type MysqlPool } from 'kysely';
import type { Pool } from 'mysql2';
import type { Database } from '../../../services/shared/stores/database.ts';
import type { Schema } from '../../../services/shared/stores/schema.ts';

/** Runs a call to another process, around which something may happen. */
export type Around = <T>(point: string, call: () => Promise<T>) => Promise<T>;

/** The same object, but with `around` each call of its methods, except those that list things. */
export function gatedPort<Port extends object>(port: Port, name: string, around: Around): Port {
  return new Proxy(port, {
    get(target, key) {
      const value = Reflect.get(target, key) as unknown;
      if (typeof value !== 'function' || String(key).startsWith('list')) return value;
      return (...given: unknown[]) =>
        around(`${name}.${String(key)}`, async () => (await Reflect.apply(value, target, given)) as unknown);
    },
  });
}

/**
 * A database over a pool, with `before` and `after` around each transaction, and each statement outside of one: what happens there happens
 * while no connection is held. `rewrite` changes statements.
 */
export function gatedDatabase(
  pool: Pool,
  { before, after, rewrite }: { before: () => Promise<void>; after: () => Promise<void>; rewrite: (sql: string) => string },
): Database {
  class GatedDriver extends MysqlDriver {
    override async acquireConnection() {
      await before();
      return await super.acquireConnection();
    }
    override async releaseConnection(connection: Parameters<MysqlDriver['releaseConnection']>[0]) {
      await super.releaseConnection(connection);
      await after();
    }
  }
  const rewriting: MysqlPool = {
    getConnection(callback) {
      (pool as MysqlPool).getConnection((error, connection) => {
        if (error) return callback(error, connection);
        const query = connection.query.bind(connection) as (sql: unknown, ...rest: unknown[]) => unknown;
        const changed = (sql: unknown, ...rest: unknown[]) => query(typeof sql === 'string' ? rewrite(sql) : sql, ...rest);
        callback(error, new Proxy(connection, { get: (target, key) => (key === 'query' ? changed : boundOf(target, key)) }));
      });
    },
    end: (callback) => callback(undefined),
  };
  const dialect = new MysqlDialect({ pool: rewriting });
  return new Kysely<Schema>({
    dialect: {
      createAdapter: () => dialect.createAdapter(),
      createDriver: () => new GatedDriver({ pool: rewriting }),
      createIntrospector: (db) => dialect.createIntrospector(db),
      createQueryCompiler: () => dialect.createQueryCompiler(),
    },
  });
}

function boundOf(target: object, key: string | symbol): unknown {
  const value = Reflect.get(target, key) as unknown;
  return typeof value === 'function' ? value.bind(target) : value;
}
