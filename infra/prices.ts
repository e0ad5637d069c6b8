/**
 * List prices in USD, us-east-1, on demand, Linux, Redis OSS engine, without free tiers: aws.amazon.com/{fargate,elasticache,memorydb,
 * rds/aurora,elasticloadbalancing,vpc,waf,kms,secrets-manager,cloudwatch,ec2,route53}/pricing. They change: check them before relying on them.
 */
export const anHour = {
  fargateCore: { ARM64: 0.03238, X86_64: 0.04048 },
  fargateGiB: { ARM64: 0.00356, X86_64: 0.004445 },
  redisNode: {
    'cache.t4g.small': 0.032,
    'cache.r7g.large': 0.219,
    'db.t4g.small': 0.046,
    'db.r7g.large': 0.309,
  } as Record<string, number>,
  databaseInstance: { 'db.t4g.medium': 0.073, 'db.r7g.large': 0.276 } as Record<string, number>,
  loadBalancer: 0.0225,
  natGateway: 0.045,
  publicAddress: 0.005,
  encryptionInVpc: 0.15,
};

export const aMonth = {
  webAcl: 5,
  webAclRule: 1,
  key: 1,
  secret: 0.4,
  /** The zone of the services' private names. */
  privateZone: 0.5,
  alarm: 0.1,
  dashboard: 3,
  /** Container Insights and the outbox metric, per service. */
  serviceMetrics: 3,
};

export const hoursOfMonth = 730;

export const aMillion = {
  webAclRequests: 0.6,
  auroraIo: 0.2,
};

export const aGB = {
  /** An LCU-hour of the load balancer, which covers at least a GB. */
  balanced: 0.008,
  out: 0.09,
  logged: 0.5,
  throughNat: 0.045,
  writtenToMemoryDb: 0.2,
};
