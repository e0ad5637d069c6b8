import { Cluster, type RedisOptions } from 'ioredis';

/** How often the cluster's slot table is read again, to find new masters and moved slots. */
const refreshMs = 2_000;

/** The connection options for each node. */
type Connection = Pick<
  RedisOptions,
  'autoResendUnfulfilledCommands' | 'maxRetriesPerRequest' | 'commandTimeout' | 'connectTimeout'
>;

/**
 * Connects to a Redis Cluster through one of its nodes: `redis://` or, for TLS, `rediss://`. If a master is unreachable, commands for
 * it fail immediately, and commands for the others continue. If all nodes are unreachable, it connects to `url` again.
 */
export function connectCluster(
  url: string,
  options: { connection: Connection; reconnectPauseMs: (attempt: number) => number; enableAutoPipelining: boolean },
): Cluster {
  const { protocol, hostname, port, username, password } = new URL(url);
  const { connection, reconnectPauseMs, enableAutoPipelining } = options;
  const cluster: Cluster = new Cluster([{ host: hostname, port: Number(port || 6379) }], {
    redisOptions: {
      ...connection,
      ...(username && { username: decodeURIComponent(username) }),
      ...(password && { password: decodeURIComponent(password) }),
      ...(protocol === 'rediss:' && { tls: {} }),
    },
    enableOfflineQueue: false,
    // Both would resend commands; the first even those that may have been executed before the connection was lost.
    retryDelayOnFailover: 0,
    retryDelayOnClusterDown: 0,
    slotsRefreshInterval: refreshMs,
    clusterRetryStrategy: reconnectPauseMs,
    clusterNodeRetryStrategy: (attempt) => (cluster.nodes().some(isUsable) ? reconnectPauseMs(attempt) : null),
    // Keeps host names, because TLS certificates need them (AWS). Each connection looks the name up.
    dnsLookup: (name, callback) => callback(null, name),
  });
  cluster.on('ready', connectMasters).on('refresh', connectMasters);
  // Until it knows the slots, ioredis would make commands wait.
  cluster.once('ready', () => {
    cluster.options.enableAutoPipelining = enableAutoPipelining;
  });
  return cluster;

  /** ioredis connects to a node only on the first command for it, and rejects further commands until it is connected. */
  function connectMasters(): void {
    if (cluster.status !== 'ready') return;
    for (const node of cluster.nodes('master')) if (node.status === 'wait') node.connect().catch(() => {});
  }
}

const isUsable = ({ status }: { status: string }) => status === 'ready' || status === 'wait';
