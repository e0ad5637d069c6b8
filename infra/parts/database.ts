import { DbSubnetGroup } from '@cdktf/provider-aws/lib/db-subnet-group/index.js';
import { RdsCluster } from '@cdktf/provider-aws/lib/rds-cluster/index.js';
import { RdsClusterInstance } from '@cdktf/provider-aws/lib/rds-cluster-instance/index.js';
import { RdsClusterParameterGroup } from '@cdktf/provider-aws/lib/rds-cluster-parameter-group/index.js';
import type { Context } from './context.ts';
import type { Network } from './network.ts';
import { mysqlPort } from './security-groups.ts';

export type Database = {
  clusterId: string;
  /** Contains no credentials; those are in the secret. */
  writerUrl: string;
  readerUrl: string;
  /** A secret in JSON with `username` and `password`, created and rotated by Aurora. */
  secretArn: string;
};

const databaseName = 'onsale';
/** mysql2's name for its built-in copy of RDS' certificates. */
const tls = 'ssl=Amazon%20RDS';

/** Creates an Aurora MySQL cluster: a writer and readers, the first of which takes over if the writer fails. */
export function createDatabase(
  { scope, name, settings }: Context,
  { network, keyArn, securityGroupId }: { network: Network; keyArn: string; securityGroupId: string },
): Database {
  const { instanceClass, readers, backupDays } = settings.database;
  const subnets = new DbSubnetGroup(scope, 'database-subnets', { name, subnetIds: network.privateSubnetIds });
  const parameters = new RdsClusterParameterGroup(scope, 'database-parameters', {
    name,
    family: 'aurora-mysql8.0',
    parameter: [
      { name: 'require_secure_transport', value: 'ON' },
      { name: 'time_zone', value: 'UTC' },
      { name: 'character_set_server', value: 'utf8mb4' },
    ],
  });
  const cluster = new RdsCluster(scope, 'database', {
    clusterIdentifier: name,
    engine: 'aurora-mysql',
    engineVersion: '8.0.mysql_aurora.3.10.1',
    databaseName,
    masterUsername: 'onsale',
    manageMasterUserPassword: true,
    masterUserSecretKmsKeyId: keyArn,
    storageEncrypted: true,
    kmsKeyId: keyArn,
    dbSubnetGroupName: subnets.name,
    dbClusterParameterGroupName: parameters.name,
    vpcSecurityGroupIds: [securityGroupId],
    port: mysqlPort,
    backupRetentionPeriod: backupDays,
    copyTagsToSnapshot: true,
    deletionProtection: settings.isProtected,
    skipFinalSnapshot: !settings.isProtected,
    ...(settings.isProtected && { finalSnapshotIdentifier: `${name}-final` }),
    enabledCloudwatchLogsExports: ['error', 'slowquery'],
  });
  for (let instance = 0; instance <= readers; instance++) {
    new RdsClusterInstance(scope, `database-${instance}`, {
      identifier: `${name}-${instance}`,
      clusterIdentifier: cluster.id,
      engine: cluster.engine,
      engineVersion: cluster.engineVersion,
      instanceClass,
      promotionTier: instance,
      publiclyAccessible: false,
      autoMinorVersionUpgrade: false,
    });
  }
  const urlOf = (host: string) => `mysql://${host}:${mysqlPort}/${databaseName}?${tls}`;
  return {
    clusterId: cluster.id,
    writerUrl: urlOf(cluster.endpoint),
    readerUrl: urlOf(cluster.readerEndpoint),
    secretArn: cluster.masterUserSecret.get(0).secretArn,
  };
}
