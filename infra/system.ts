import { TerraformOutput, TerraformVariable } from 'cdktf';
import { createAlarms, createLogMetrics } from './parts/alarms.ts';
import type { Context } from './parts/context.ts';
import { createDashboard } from './parts/dashboard.ts';
import { createDatabase } from './parts/database.ts';
import { createKey } from './parts/encryption.ts';
import { createFirewall } from './parts/firewall.ts';
import { createLoadBalancer } from './parts/load-balancer.ts';
import { createMessaging } from './parts/messaging.ts';
import { metricsOf } from './parts/metrics.ts';
import { createNetwork } from './parts/network.ts';
import { createPrivateNames } from './parts/private-names.ts';
import { createRedis } from './parts/redis.ts';
import { createSecret } from './parts/secret.ts';
import { createSecurityGroups } from './parts/security-groups.ts';
import { createServices } from './parts/services.ts';
import { createTask } from './parts/tasks.ts';

/** For the migrations and the `onsale` command: verifying a million tickets takes half a GiB. */
const operationsSize = { cpu: 1024, memoryMiB: 2048 };

/** Creates everything that one environment runs on. */
export function createSystem(context: Context): void {
  const { scope, name } = context;
  const imageTag = new TerraformVariable(scope, 'image_tag', {
    type: 'string',
    description: 'Tag of the images that services first start with; scripts/build-and-push.sh rolls out later ones',
  }).stringValue;
  const network = createNetwork(context);
  const names = createPrivateNames(context, network);
  const groups = createSecurityGroups(context, network);
  const keyArn = createKey(context);
  const messaging = createMessaging(context, keyArn);
  const database = createDatabase(context, { network, keyArn, securityGroupId: groups.database });
  const redis = createRedis(context, { network, keyArn, securityGroupId: groups.redis });
  const loadBalancer = createLoadBalancer(context, { network, securityGroupId: groups['load-balancer'] });
  createFirewall(context, loadBalancer.arn);

  const opsToken = createSecret(context, 'ops-token', { description: `Operator's token of ${name}`, keyArn });
  const orderTokenSecret = createSecret(context, 'order-token-secret', {
    description: `Secret that signs the order tokens of ${name}`,
    keyArn,
  });
  const serviceSecret = createSecret(context, 'service-secret', {
    description: `Secret that signs the tokens with which the services of ${name} call each other`,
    keyArn,
  });
  const accountsKeySecret = createSecret(context, 'accounts-key-secret', {
    description: `Secret that encrypts the keys with which ${name} signs access tokens`,
    keyArn,
  });
  const backend = {
    database,
    redis,
    messaging,
    identitySecrets: {
      OPS_TOKEN: opsToken.arn,
      ORDER_TOKEN_SECRET: orderTokenSecret.arn,
      SERVICE_SECRET: serviceSecret.arn,
      ACCOUNTS_KEY_SECRET: accountsKeySecret.arn,
    },
    publicOrigin: context.settings.publicOrigin ?? loadBalancer.url,
    privateDomain: names.domain,
    keyArn,
    imageTag,
  };
  const { tasks } = createServices(context, { backend, network, groups, loadBalancer, names });
  createTask(context, 'operations', backend, operationsSize);

  const metrics = metricsOf({ name, loadBalancer, messaging, database, redis });
  createLogMetrics(context, tasks);
  createAlarms(context, metrics, keyArn);
  createDashboard(context, metrics);

  new TerraformOutput(scope, 'load-balancer-url', { value: loadBalancer.url });
}
