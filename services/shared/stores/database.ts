import { Kysely, MysqlDialect, type MysqlPool } from 'kysely';
import { createPool } from 'mysql2';
import type { Schema } from './schema.ts';

export type Database = Kysely<Schema>;

type PoolInternals = Record<'_allConnections' | '_freeConnections' | '_connectionQueue', { length: number }>;

/** A pool's connections: the most it may have, how many are in use and idle, and how many callers wait for one. */
export type PoolUse = { max: number; used: number; idle: number; waiting: number };

/** Callers past these limits are better served by an error than by a place in the queue. */
const maxWaitingForConnection = 500;
const connectMs = 2_000;

/** A connection pool for a MySQL or MariaDB server. It connects on first use, and reconnects after an outage. */
export const connectDatabase = (url: string, connections: number): Database => openDatabase(url, connections, () => {}).db;

/**
 * connectDatabase for a service. `onLockedOut` is called if the server rejects a password that it accepted before; `readUse` returns how
 * the pool is used right now.
 */
export function openDatabase(
  url: string,
  connections: number,
  onLockedOut: (error: Error) => void,
): { db: Database; readUse: () => PoolUse } {
  const pool = createPool({
    uri: url,
    connectionLimit: connections,
    queueLimit: maxWaitingForConnection,
    connectTimeout: connectMs,
    timezone: 'Z',
    charset: 'utf8mb4_bin',
  });
  let wasLetIn = false;
  const watched: MysqlPool = {
    getConnection(callback) {
      pool.getConnection((error, connection) => {
        wasLetIn ||= !error;
        if (wasLetIn && error?.code === 'ER_ACCESS_DENIED_ERROR') onLockedOut(error);
        callback(error, connection);
      });
    },
    end: (callback) => pool.end(callback),
  };
  const db = new Kysely<Schema>({ dialect: new MysqlDialect({ pool: watched }) });
  // mysql2 offers no other way to read this.
  const { _allConnections: all, _freeConnections: free, _connectionQueue: queue } = pool as unknown as PoolInternals;
  const readUse = () => ({ max: connections, used: all.length - free.length, idle: free.length, waiting: queue.length });
  return { db, readUse };
}

/** Server errors that mean "not now": wrong credentials, no such database, too many connections, shutdown, read-only in a failover. */
const awayErrors = new Set([
  'ER_ACCESS_DENIED_ERROR',
  'ER_DBACCESS_DENIED_ERROR',
  'ER_BAD_DB_ERROR',
  'ER_CON_COUNT_ERROR',
  'ER_TOO_MANY_USER_CONNECTIONS',
  'ER_SERVER_SHUTDOWN',
  'ER_NORMAL_SHUTDOWN',
  'ER_CONNECTION_KILLED',
  'ER_OPTION_PREVENTS_STATEMENT',
  'ER_READ_ONLY_MODE',
]);

/** Whether an error means that the server was unreachable or unavailable, rather than that the statement was wrong. */
export function isDatabaseAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code = '', fatal, syscall } = error as Error & { code?: string; fatal?: boolean; syscall?: string };
  // mysql2's pool errors ("Queue limit reached.", "Pool is closed.") have neither a code nor a class.
  return fatal === true || syscall !== undefined || awayErrors.has(code) || /^(Queue limit|Pool is closed)/.test(error.message);
}

/** Whether a statement failed because a row with this key already exists. */
export const isDuplicate = (error: unknown): boolean => (error as { code?: string } | undefined)?.code === 'ER_DUP_ENTRY';
