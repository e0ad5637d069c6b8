import { SecretsmanagerSecret } from '@cdktf/provider-aws/lib/secretsmanager-secret/index.js';
import { SecretsmanagerSecretVersion } from '@cdktf/provider-aws/lib/secretsmanager-secret-version/index.js';
import { Password } from '@cdktf/provider-random/lib/password/index.js';
import type { Context } from './context.ts';

/** Random letters and digits, and the ARN from which tasks read them. */
export type Secret = { arn: string; value: string };

/** Generates and stores a secret, such as `redis-password`. */
export function createSecret(
  { scope, name, settings }: Context,
  id: string,
  about: { description: string; keyArn: string },
): Secret {
  const { result: value } = new Password(scope, id, { length: 64, special: false });
  const secret = new SecretsmanagerSecret(scope, `${id}-secret`, {
    name: `${name}/${id}`,
    description: about.description,
    kmsKeyId: about.keyArn,
    // Without protection, the name is free again immediately, so the environment can be destroyed and recreated.
    recoveryWindowInDays: settings.isProtected ? 30 : 0,
  });
  new SecretsmanagerSecretVersion(scope, `${id}-secret-value`, { secretId: secret.id, secretString: value });
  return { arn: secret.arn, value };
}
