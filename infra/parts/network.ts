import { DataAwsAvailabilityZones } from '@cdktf/provider-aws/lib/data-aws-availability-zones/index.js';
import { DefaultSecurityGroup } from '@cdktf/provider-aws/lib/default-security-group/index.js';
import { Eip } from '@cdktf/provider-aws/lib/eip/index.js';
import { InternetGateway } from '@cdktf/provider-aws/lib/internet-gateway/index.js';
import { NatGateway } from '@cdktf/provider-aws/lib/nat-gateway/index.js';
import { Route } from '@cdktf/provider-aws/lib/route/index.js';
import { RouteTable } from '@cdktf/provider-aws/lib/route-table/index.js';
import { RouteTableAssociation } from '@cdktf/provider-aws/lib/route-table-association/index.js';
import { Subnet } from '@cdktf/provider-aws/lib/subnet/index.js';
import { Vpc } from '@cdktf/provider-aws/lib/vpc/index.js';
import { VpcEncryptionControl } from '@cdktf/provider-aws/lib/vpc-encryption-control/index.js';
import { VpcEndpoint } from '@cdktf/provider-aws/lib/vpc-endpoint/index.js';
import { Fn } from 'cdktf';
import type { Context } from './context.ts';

export type Network = {
  vpcId: string;
  /** Only for the load balancer and the NAT gateways. */
  publicSubnetIds: string[];
  /** For tasks and stores: outbound traffic goes through NAT; inbound traffic from the internet is impossible. */
  privateSubnetIds: string[];
};

const everywhere = '0.0.0.0/0';

/** Creates a VPC with a public and a private subnet in each availability zone used. */
export function createNetwork({ scope, name, settings }: Context): Network {
  const { region, availabilityZones, natGateways, encryptsInVpc } = settings;
  const tags = { Name: name };
  const vpc = new Vpc(scope, 'vpc', { cidrBlock: '10.0.0.0/16', enableDnsHostnames: true, enableDnsSupport: true, tags });
  // Moves the load balancer and tasks to hardware that encrypts between them. Enforcing it would need exceptions for outbound gateways.
  if (encryptsInVpc) new VpcEncryptionControl(scope, 'encryption-in-transit', { vpcId: vpc.id, mode: 'monitor' });
  // Anything without a security group of its own gets this one, which allows no traffic.
  new DefaultSecurityGroup(scope, 'default-security-group', { vpcId: vpc.id });
  const internet = new InternetGateway(scope, 'internet-gateway', { vpcId: vpc.id, tags });
  const zones = new DataAwsAvailabilityZones(scope, 'zones', { state: 'available' });

  const createSubnet = (kind: 'public' | 'private', zone: number) =>
    new Subnet(scope, `${kind}-subnet-${zone}`, {
      vpcId: vpc.id,
      availabilityZone: Fn.element(zones.names, zone),
      // About 4,000 addresses each: every task needs one.
      cidrBlock: `10.0.${16 * (kind === 'public' ? zone : zone + 8)}.0/20`,
      tags: { Name: `${name}-${kind}-${zone}` },
    });
  const createRoutes = (id: string, route: { gatewayId: string } | { natGatewayId: string }, subnet: Subnet) => {
    const table = new RouteTable(scope, id, { vpcId: vpc.id, tags: { Name: `${name}-${id}` } });
    new Route(scope, `${id}-out`, { routeTableId: table.id, destinationCidrBlock: everywhere, ...route });
    new RouteTableAssociation(scope, `${id}-subnet`, { routeTableId: table.id, subnetId: subnet.id });
    return table.id;
  };

  const indexes = Array.from({ length: availabilityZones }, (_, zone) => zone);
  const publicSubnets = indexes.map((zone) => createSubnet('public', zone));
  for (const [zone, subnet] of publicSubnets.entries()) createRoutes(`public-${zone}`, { gatewayId: internet.id }, subnet);
  const nats = publicSubnets.slice(0, natGateways === 'one' ? 1 : availabilityZones).map((subnet, zone) => {
    const address = new Eip(scope, `nat-address-${zone}`, { domain: 'vpc', tags, dependsOn: [internet] });
    return new NatGateway(scope, `nat-${zone}`, { allocationId: address.id, subnetId: subnet.id, tags });
  });

  const privateSubnets = indexes.map((zone) => createSubnet('private', zone));
  const routeTableIds = privateSubnets.map((subnet, zone) => {
    const nat = nats[zone % nats.length] as NatGateway;
    return createRoutes(`private-${zone}`, { natGatewayId: nat.id }, subnet);
  });
  // Image layers come from S3; this endpoint avoids NAT charges for them.
  new VpcEndpoint(scope, 's3', { vpcId: vpc.id, serviceName: `com.amazonaws.${region}.s3`, routeTableIds, tags });

  return {
    vpcId: vpc.id,
    publicSubnetIds: publicSubnets.map(({ id }) => id),
    privateSubnetIds: privateSubnets.map(({ id }) => id),
  };
}
