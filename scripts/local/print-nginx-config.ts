import { pathTable, type ServiceName } from '../../services/shared/http/path-table.ts';
import { nginxConfig } from './nginx-config.ts';

/** Docker's DNS server in each of its networks: a container that is recreated may have a new address. */
const resolver = '127.0.0.11';

// The configuration of docker-compose.yml's load balancer: each service is the container of that name, at its usual port.
const servers = Object.entries(pathTable).map(([service, { port }]) => [service, `${service}:${port}`] as const);
process.stdout.write(
  nginxConfig({
    listen: '8000',
    servers: Object.fromEntries(servers) as Record<ServiceName, string>,
    startPage: '/etc/nginx/start-page.html',
    resolver,
  }),
);
