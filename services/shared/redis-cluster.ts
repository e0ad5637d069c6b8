import { Cluster, type RedisOptions } from 'ioredis';

/** How soon a failover or a moved slot is known: a new master is found in the cluster's own table. */
const refreshMs = 2_000;

/** How each node is spoken to. */
type Connection = Pick<
  RedisOptions,
  'autoResendUnfulfilledCommands' | 'maxRetriesPerRequest' | 'commandTimeout' | 'connectTimeout'
>;

/**
 * A Redis Cluster by one of its nodes: `redis://` or, for TLS, `rediss://`. Of a master that is away, commands fail at once and
 * those of the others go on; where all are away, they are looked for anew at `url`.
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
    // These send again, the first of them even what a lost connection may have carried out.
    retryDelayOnFailover: 0,
    retryDelayOnClusterDown: 0,
    slotsRefreshInterval: refreshMs,
    clusterRetryStrategy: reconnectPauseMs,
    clusterNodeRetryStrategy: (attempt) => (cluster.nodes().some(isUsable) ? reconnectPauseMs(attempt) : null),
    // By name, as a certificate wants it (AWS), and so looked up for each connection.
    dnsLookup: (name, callback) => callback(null, name),
  });
  cluster.on('ready', connectMasters).on('refresh', connectMasters);
  // Before it knows the slots, ioredis would let commands wait for them.
  cluster.once('ready', () => {
    cluster.options.enableAutoPipelining = enableAutoPipelining;
  });
  return cluster;

  /** ioredis connects to a node when it has a command for it, and refuses all others until then. */
  function connectMasters(): void {
    if (cluster.status !== 'ready') return;
    for (const node of cluster.nodes('master')) if (node.status === 'wait') node.connect().catch(() => {});
  }
}

const isUsable = ({ status }: { status: string }) => status === 'ready' || status === 'wait';
