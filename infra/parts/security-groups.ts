import { SecurityGroup } from '@cdktf/provider-aws/lib/security-group/index.js';
import { VpcSecurityGroupEgressRule } from '@cdktf/provider-aws/lib/vpc-security-group-egress-rule/index.js';
import { VpcSecurityGroupIngressRule } from '@cdktf/provider-aws/lib/vpc-security-group-ingress-rule/index.js';
import { pathTable, serviceNames } from '../../services/shared/http/path-table.ts';
import type { Context } from './context.ts';
import type { Network } from './network.ts';

export const mysqlPort = 3306;
export const redisPort = 6379;
const httpsPort = 443;

const members = ['load-balancer', ...serviceNames, 'operations', 'database', 'redis'] as const;
type Member = (typeof members)[number];
/** The id of each member's security group. */
export type SecurityGroups = Record<Member, string>;

/** The members that may call each other, and the port. */
const calls: [from: Member, to: Member, port: number][] = [
  ...serviceNames.map((service): [Member, Member, number] => ['load-balancer', service, pathTable[service].port]),
  ['purchase', 'accounts', pathTable.accounts.port],
  ['query', 'accounts', pathTable.accounts.port],
  ['catalogue', 'accounts', pathTable.accounts.port],
  ['catalogue', 'purchase', pathTable.purchase.port],
  ['catalogue', 'checkout', pathTable.checkout.port],
  ['checkout', 'accounts', pathTable.accounts.port],
  ['checkout', 'purchase', pathTable.purchase.port],
  ['purchase', 'redis', redisPort],
  ['query', 'redis', redisPort],
  ['catalogue', 'redis', redisPort],
  ['operations', 'redis', redisPort],
  ['query', 'database', mysqlPort],
  ['persistence', 'database', mysqlPort],
  ['accounts', 'database', mysqlPort],
  ['catalogue', 'database', mysqlPort],
  ['checkout', 'database', mysqlPort],
  ['operations', 'database', mysqlPort],
];

/** Members that call AWS APIs (SNS, SQS, SES, ECR, Secrets Manager, logs), and for accounts OIDC providers, for checkout Stripe and PayPal. */
const callersOfAws: Member[] = [...serviceNames, 'operations'];

/** Creates a security group for each member that admits only its callers. */
export function createSecurityGroups({ scope, name, settings }: Context, { vpcId }: Network): SecurityGroups {
  const create = (member: Member) =>
    new SecurityGroup(scope, `${member}-security-group`, {
      name: `${name}-${member}`,
      description: `${name}: ${member}`,
      vpcId,
      tags: { Name: `${name}-${member}` },
    }).id;
  const groups = Object.fromEntries(members.map((member) => [member, create(member)])) as SecurityGroups;

  const onPort = (port: number) => ({ ipProtocol: 'tcp', fromPort: port, toPort: port });
  for (const [from, to, port] of calls) {
    new VpcSecurityGroupEgressRule(scope, `${from}-to-${to}`, {
      securityGroupId: groups[from],
      referencedSecurityGroupId: groups[to],
      ...onPort(port),
    });
    new VpcSecurityGroupIngressRule(scope, `${to}-from-${from}`, {
      securityGroupId: groups[to],
      referencedSecurityGroupId: groups[from],
      ...onPort(port),
    });
  }
  const everywhere = { cidrIpv4: '0.0.0.0/0' };
  for (const member of callersOfAws) {
    new VpcSecurityGroupEgressRule(scope, `${member}-to-aws`, {
      securityGroupId: groups[member],
      ...everywhere,
      ...onPort(httpsPort),
    });
  }
  for (const port of settings.certificateArn ? [80, httpsPort] : [80]) {
    new VpcSecurityGroupIngressRule(scope, `load-balancer-from-everywhere-${port}`, {
      securityGroupId: groups['load-balancer'],
      ...everywhere,
      ...onPort(port),
    });
  }
  return groups;
}
