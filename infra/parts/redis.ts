import { ElasticacheParameterGroup } from '@cdktf/provider-aws/lib/elasticache-parameter-group/index.js';
import { ElasticacheReplicationGroup } from '@cdktf/provider-aws/lib/elasticache-replication-group/index.js';
import { ElasticacheSubnetGroup } from '@cdktf/provider-aws/lib/elasticache-subnet-group/index.js';
import { MemorydbAcl } from '@cdktf/provider-aws/lib/memorydb-acl/index.js';
import { MemorydbCluster } from '@cdktf/provider-aws/lib/memorydb-cluster/index.js';
import { MemorydbParameterGroup } from '@cdktf/provider-aws/lib/memorydb-parameter-group/index.js';
import { MemorydbSubnetGroup } from '@cdktf/provider-aws/lib/memorydb-subnet-group/index.js';
import { MemorydbUser } from '@cdktf/provider-aws/lib/memorydb-user/index.js';
import type { Context } from './context.ts';
import type { Network } from './network.ts';
import { createSecret } from './secret.ts';
import { redisPort } from './security-groups.ts';

export type Redis = {
  /** Contains no password; the secret is just the password. */
  url: string;
  readerUrl: string;
  secretArn: string;
  isCluster: boolean;
  /** Its metrics in CloudWatch: the namespace, and the dimensions of each node or of the whole cluster. */
  metrics: { namespace: string; dimensions: Record<string, string>[] };
};

type Wiring = { network: Network; keyArn: string; securityGroupId: string };
type Endpoints = Omit<Redis, 'secretArn'>;

/** Sold seats must never be evicted to free memory: a full Redis rejects sales. */
const noEviction = { name: 'maxmemory-policy', value: 'noeviction' };

const urlOf = (host: string, user = '') => `rediss://${user}${host}:${redisPort}`;

/** Creates the Redis in the settings, with TLS and a password: ElastiCache (single node, with replicas, or cluster) or MemoryDB. */
export function createRedis(context: Context, wiring: Wiring): Redis {
  const { name, settings } = context;
  const description = `Password for the Redis of ${name}`;
  const password = createSecret(context, 'redis-password', { description, keyArn: wiring.keyArn });
  const create = settings.redis.kind === 'memorydb' ? createMemoryDb : createElastiCache;
  return { ...create(context, wiring, password.value), secretArn: password.arn };
}

function createElastiCache({ scope, name, settings }: Context, wiring: Wiring, authToken: string): Endpoints {
  const { kind, nodeType, shards, replicasPerShard } = settings.redis;
  const isCluster = kind === 'cluster';
  const subnets = new ElasticacheSubnetGroup(scope, 'redis-subnets', { name, subnetIds: wiring.network.privateSubnetIds });
  const parameters = new ElasticacheParameterGroup(scope, 'redis-parameters', {
    name,
    family: 'redis7',
    parameter: [noEviction, ...(isCluster ? [{ name: 'cluster-enabled', value: 'yes' }] : [])],
  });
  const group = new ElasticacheReplicationGroup(scope, 'redis', {
    replicationGroupId: name,
    description: `The inventory of ${name}`,
    engine: 'redis',
    engineVersion: '7.1',
    nodeType,
    ...(isCluster
      ? { numNodeGroups: shards, replicasPerNodeGroup: replicasPerShard }
      : { numCacheClusters: 1 + replicasPerShard }),
    automaticFailoverEnabled: replicasPerShard > 0,
    multiAzEnabled: replicasPerShard > 0,
    parameterGroupName: parameters.name,
    subnetGroupName: subnets.name,
    securityGroupIds: [wiring.securityGroupId],
    port: redisPort,
    atRestEncryptionEnabled: 'true',
    kmsKeyId: wiring.keyArn,
    transitEncryptionEnabled: true,
    authToken,
    // After a change, both tokens are valid, so that tasks can keep using the old one until they are replaced.
    authTokenUpdateStrategy: 'ROTATE',
    autoMinorVersionUpgrade: 'false',
    snapshotRetentionLimit: settings.isProtected ? 7 : 0,
    ...(settings.isProtected && { finalSnapshotIdentifier: `${name}-final` }),
  });
  const number = (of: number) => String(of).padStart(3, '0');
  const nodes = Array.from({ length: isCluster ? shards : 1 }, (_s, shard) =>
    Array.from({ length: 1 + replicasPerShard }, (_n, node) =>
      isCluster ? `${name}-${number(shard + 1).padStart(4, '0')}-${number(node + 1)}` : `${name}-${number(node + 1)}`,
    ),
  ).flat();
  const url = urlOf(isCluster ? group.configurationEndpointAddress : group.primaryEndpointAddress);
  return {
    url,
    readerUrl: kind === 'replicas' ? urlOf(group.readerEndpointAddress) : url,
    isCluster,
    metrics: { namespace: 'AWS/ElastiCache', dimensions: nodes.map((CacheClusterId) => ({ CacheClusterId })) },
  };
}

const memoryDbUser = 'onsale';

function createMemoryDb({ scope, name, settings }: Context, wiring: Wiring, password: string): Endpoints {
  const { nodeType, shards, replicasPerShard } = settings.redis;
  const user = new MemorydbUser(scope, 'redis-user', {
    userName: `${name}-${memoryDbUser}`,
    // The scripts use INFO to find out whether the node was promoted.
    accessString: 'on ~* &* +@all -@dangerous +info',
    authenticationMode: { type: 'password', passwords: [password] },
  });
  const acl = new MemorydbAcl(scope, 'redis-acl', { name, userNames: [user.userName] });
  const subnets = new MemorydbSubnetGroup(scope, 'redis-subnets', { name, subnetIds: wiring.network.privateSubnetIds });
  const parameters = new MemorydbParameterGroup(scope, 'redis-parameters', {
    name,
    family: 'memorydb_redis7',
    parameter: [noEviction],
  });
  const cluster = new MemorydbCluster(scope, 'redis', {
    name,
    description: `The inventory of ${name}`,
    engine: 'redis',
    engineVersion: '7.1',
    nodeType,
    numShards: shards,
    numReplicasPerShard: replicasPerShard,
    aclName: acl.name,
    parameterGroupName: parameters.name,
    subnetGroupName: subnets.name,
    securityGroupIds: [wiring.securityGroupId],
    port: redisPort,
    tlsEnabled: true,
    kmsKeyArn: wiring.keyArn,
    autoMinorVersionUpgrade: false,
    snapshotRetentionLimit: settings.isProtected ? 7 : 0,
    ...(settings.isProtected && { finalSnapshotName: `${name}-final` }),
  });
  const url = urlOf(cluster.clusterEndpoint.get(0).address, `${user.userName}@`);
  const dimensions = [{ ClusterName: cluster.name }];
  return { url, readerUrl: url, isCluster: true, metrics: { namespace: 'AWS/MemoryDB', dimensions } };
}
