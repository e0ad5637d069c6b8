import { Lb } from '@cdktf/provider-aws/lib/lb/index.js';
import { LbListener } from '@cdktf/provider-aws/lib/lb-listener/index.js';
import { LbListenerRule } from '@cdktf/provider-aws/lib/lb-listener-rule/index.js';
import { LbTargetGroup } from '@cdktf/provider-aws/lib/lb-target-group/index.js';
import { directory, forEachService, pathTable, type ServiceName, serviceNames } from '../../services/shared/http/path-table.ts';
import { problem } from '../../services/shared/http/problems.ts';
import type { Context } from './context.ts';
import type { Network } from './network.ts';

export type LoadBalancer = {
  arn: string;
  url: string;
  /** CloudWatch's name for it. */
  arnSuffix: string;
  targetGroups: Record<ServiceName, LbTargetGroup>;
  /** ECS can register targets only once the listener has a rule for them. */
  rules: LbListenerRule[];
};

/** TLS 1.3, and 1.2 for clients that support nothing newer. */
const tlsPolicy = 'ELBSecurityPolicy-TLS13-1-2-2021-06';
/** Below the services' keep-alive time (http-server.ts), so that a service never closes a connection first. */
const idleSeconds = 60;

/** Creates the ALB, with the same path rules as the local load balancer; any other path is a 404 that lists the services. */
export function createLoadBalancer(
  { scope, name, settings }: Context,
  { network, securityGroupId }: { network: Network; securityGroupId: string },
): LoadBalancer {
  const { certificateArn, isProtected } = settings;
  const balancer = new Lb(scope, 'load-balancer', {
    name,
    loadBalancerType: 'application',
    internal: false,
    subnets: network.publicSubnetIds,
    securityGroups: [securityGroupId],
    idleTimeout: idleSeconds,
    dropInvalidHeaderFields: true,
    enableDeletionProtection: isProtected,
  });
  const notFound = {
    type: 'fixed-response',
    fixedResponse: {
      statusCode: '404',
      contentType: 'application/json',
      messageBody: JSON.stringify(problem('NOT_FOUND', { detail: directory })),
    },
  };
  const listen = (id: string, config: { port: number; protocol: string; sslPolicy?: string; certificateArn?: string }) =>
    new LbListener(scope, id, { loadBalancerArn: balancer.arn, defaultAction: [notFound], ...config });
  const listener = certificateArn
    ? listen('https', { port: 443, protocol: 'HTTPS', sslPolicy: tlsPolicy, certificateArn })
    : listen('http', { port: 80, protocol: 'HTTP' });
  if (certificateArn) {
    const redirect = { port: '443', protocol: 'HTTPS', statusCode: 'HTTP_301' };
    const defaultAction = [{ type: 'redirect', redirect }];
    new LbListener(scope, 'http', { loadBalancerArn: balancer.arn, port: 80, protocol: 'HTTP', defaultAction });
  }

  const rules: LbListenerRule[] = [];
  const createTargets = (service: ServiceName, { prefix, port }: { prefix: string; port: number }) => {
    const targets = new LbTargetGroup(scope, `${service}-targets`, {
      name: `${name}-${service}`,
      vpcId: network.vpcId,
      targetType: 'ip',
      port,
      protocol: 'HTTP',
      // Shorter than a task may take to drain.
      deregistrationDelay: '20',
      // Checks only that the process is running. Replacing tasks would not help while a store is unavailable.
      healthCheck: {
        path: `${prefix}/live`,
        matcher: '200',
        interval: 10,
        timeout: 5,
        healthyThreshold: 2,
        unhealthyThreshold: 3,
      },
    });
    rules.push(
      new LbListenerRule(scope, `${service}-rule`, {
        listenerArn: listener.arn,
        // In the order of the path table, with room between them: left to AWS, it would depend on what was created first.
        priority: 10 * (serviceNames.indexOf(service) + 1),
        action: [{ type: 'forward', targetGroupArn: targets.arn }],
        condition: [{ pathPattern: { values: [prefix, `${prefix}/*`] } }],
      }),
    );
    return targets;
  };
  const targetGroups = forEachService((service) => createTargets(service, pathTable[service]));
  const url = `${certificateArn ? 'https' : 'http'}://${balancer.dnsName}`;
  return { arn: balancer.arn, url, arnSuffix: balancer.arnSuffix, targetGroups, rules };
}
