import { Wafv2WebAcl } from '@cdktf/provider-aws/lib/wafv2-web-acl/index.js';
import { Wafv2WebAclAssociation } from '@cdktf/provider-aws/lib/wafv2-web-acl-association/index.js';
import type { Context } from './context.ts';

const windowSeconds = 300;

/** Blocks an address that sends more requests than a person would, in front of the load balancer: 403 until its rate falls again. */
export function createFirewall({ scope, name, settings }: Context, loadBalancerArn: string): void {
  const visible = (metricName: string) => ({ cloudwatchMetricsEnabled: true, sampledRequestsEnabled: true, metricName });
  const acl = new Wafv2WebAcl(scope, 'firewall', {
    name,
    scope: 'REGIONAL',
    defaultAction: { allow: {} },
    rule: [
      {
        name: 'rate-of-an-address',
        priority: 1,
        action: { block: {} },
        // Written in Terraform's own names, because the bindings have no type for it.
        statement: {
          rate_based_statement: {
            limit: settings.requestsPerAddress,
            evaluation_window_sec: windowSeconds,
            aggregate_key_type: 'IP',
          },
        },
        visibilityConfig: visible(`${name}-rate`),
      },
    ],
    visibilityConfig: visible(name),
  });
  new Wafv2WebAclAssociation(scope, 'firewall-association', { resourceArn: loadBalancerArn, webAclArn: acl.arn });
}
