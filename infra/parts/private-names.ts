import { ServiceDiscoveryPrivateDnsNamespace } from '@cdktf/provider-aws/lib/service-discovery-private-dns-namespace/index.js';
import { ServiceDiscoveryService } from '@cdktf/provider-aws/lib/service-discovery-service/index.js';
import { forEachService, type ServiceName } from '../../services/shared/http/path-table.ts';
import type { Context } from './context.ts';
import type { Network } from './network.ts';

export type PrivateNames = {
  /** Each service is `<service>.<domain>`. */
  domain: string;
  /** Where ECS registers each service's tasks. */
  registryArns: Record<ServiceName, string>;
};

/** A caller uses a task that has gone for no longer than this. */
const ttlSeconds = 10;

/** Creates a name for each service that only this network resolves, to its running tasks: services call each other by it. */
export function createPrivateNames({ scope, name }: Context, { vpcId }: Network): PrivateNames {
  const domain = `${name}.internal`;
  const namespace = new ServiceDiscoveryPrivateDnsNamespace(scope, 'private-names', {
    name: domain,
    description: `The services of ${name}, for each other`,
    vpc: vpcId,
  });
  const registryArns = forEachService(
    (service) =>
      new ServiceDiscoveryService(scope, `${service}-name`, {
        name: service,
        dnsConfig: {
          namespaceId: namespace.id,
          routingPolicy: 'MULTIVALUE',
          dnsRecords: [{ type: 'A', ttl: ttlSeconds }],
        },
        // ECS removes a task that fails its health check.
        healthCheckCustomConfig: { failureThreshold: 1 },
      }).arn,
  );
  return { domain, registryArns };
}
