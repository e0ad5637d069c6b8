import { DataAwsCallerIdentity } from '@cdktf/provider-aws/lib/data-aws-caller-identity/index.js';
import { KmsAlias } from '@cdktf/provider-aws/lib/kms-alias/index.js';
import { KmsKey } from '@cdktf/provider-aws/lib/kms-key/index.js';
import type { Context } from './context.ts';

/** Creates one key for all data at rest: stores, queues, secrets and logs. Returns its ARN. */
export function createKey({ scope, name, settings }: Context): string {
  const account = new DataAwsCallerIdentity(scope, 'account').accountId;
  const use = ['kms:Encrypt', 'kms:Decrypt', 'kms:ReEncrypt*', 'kms:GenerateDataKey*', 'kms:DescribeKey'];
  const policy = {
    Version: '2012-10-17',
    Statement: [
      // Without this, nobody could change the key any more. It leaves the permission to use the key to IAM policies.
      { Sid: 'Account', Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${account}:root` }, Action: 'kms:*', Resource: '*' },
      {
        Sid: 'Logs',
        Effect: 'Allow',
        Principal: { Service: `logs.${settings.region}.amazonaws.com` },
        Action: use,
        Resource: '*',
        Condition: {
          ArnLike: { 'kms:EncryptionContext:aws:logs:arn': `arn:aws:logs:${settings.region}:${account}:log-group:/onsale/*` },
        },
      },
      {
        Sid: 'TopicsAndAlarms',
        Effect: 'Allow',
        Principal: { Service: ['sns.amazonaws.com', 'cloudwatch.amazonaws.com'] },
        Action: ['kms:Decrypt', 'kms:GenerateDataKey*'],
        Resource: '*',
        Condition: { StringEquals: { 'aws:SourceAccount': account } },
      },
    ],
  };
  const key = new KmsKey(scope, 'key', {
    description: name,
    enableKeyRotation: true,
    deletionWindowInDays: 30,
    policy: JSON.stringify(policy),
  });
  new KmsAlias(scope, 'key-alias', { name: `alias/${name}`, targetKeyId: key.keyId });
  return key.arn;
}
