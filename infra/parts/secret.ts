import { SecretsmanagerSecret } from '@cdktf/provider-aws/lib/secretsmanager-secret/index.js';
import { SecretsmanagerSecretVersion } from '@cdktf/provider-aws/lib/secretsmanager-secret-version/index.js';
import { Password } from '@cdktf/provider-random/lib/password/index.js';
import type { Context } from './context.ts';

/** Letters and digits at random, and where tasks find them. */
export type Secret = { arn: string; value: string };

/** Makes up a secret, such as `redis-password`. */
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
    // A name is free again at once: this environment can be destroyed and made anew.
    recoveryWindowInDays: settings.isProtected ? 30 : 0,
  });
  new SecretsmanagerSecretVersion(scope, `${id}-secret-value`, { secretId: secret.id, secretString: value });
  return { arn: secret.arn, value };
}
