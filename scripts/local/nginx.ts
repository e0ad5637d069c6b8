import { mkdirSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { pathTable, type ServiceName } from '../../services/shared/http/path-table.ts';
import { bindAddress, commandLine, hostAddress, type Server } from './docker.ts';
import { nginxConfig } from './nginx-config.ts';
import { type LocalProcess, startProcess } from './process.ts';

/** Starts an nginx in front of the services on this machine, whose ports are `services`. It writes only to `folder`. */
export async function startNginx(
  server: Server,
  at: { folder: string; port: number; services: Record<ServiceName, number> },
): Promise<LocalProcess> {
  const { folder, port, services } = at;
  mkdirSync(folder, { recursive: true });
  const names = Object.keys(pathTable) as ServiceName[];
  const addresses = names.map((name) => [name, `${hostAddress(server)}:${services[name]}`] as const);
  const config = nginxConfig({
    listen: `${bindAddress(server)}:${port}`,
    servers: Object.fromEntries(addresses) as Record<ServiceName, string>,
    // By default root's workers run as "nobody", who may have no access to the folder.
    user: process.getuid?.() === 0 ? userInfo().username : undefined,
  });
  writeFileSync(join(folder, 'nginx.conf'), config);
  return await startProcess({
    name: 'load-balancer',
    ...commandLine(server, server.command, ['-p', `${folder}/`, '-c', 'nginx.conf', '-e', 'stderr'], at),
    logFile: join(folder, 'nginx.log'),
    // Its own 404: independent of the services.
    isReady: async () => (await fetch(`http://127.0.0.1:${port}/`, { signal: AbortSignal.timeout(1_000) })).status === 404,
    stopSignal: 'SIGQUIT',
  });
}
