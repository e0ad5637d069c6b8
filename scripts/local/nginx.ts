import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { basename, join } from 'node:path';
import { pathTable, type ServiceName } from '../../services/shared/http/path-table.ts';
import { bindAddress, commandLine, hostAddress, type Server } from './docker.ts';
import { nginxConfig } from './nginx-config.ts';
import { answers, type LocalProcess, startProcess } from './process.ts';
import { startPageFile } from './start-page.ts';

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
    startPage: basename(startPageFile),
    // By default root's workers run as "nobody", who may have no access to the folder.
    user: process.getuid?.() === 0 ? userInfo().username : undefined,
  });
  writeFileSync(join(folder, 'nginx.conf'), config);
  copyFileSync(startPageFile, join(folder, basename(startPageFile)));
  return await startProcess({
    name: 'load-balancer',
    ...commandLine(server, server.command, ['-p', `${folder}/`, '-c', 'nginx.conf', '-e', 'stderr'], at),
    logFile: join(folder, 'nginx.log'),
    // Its own response: independent of the services.
    isReady: answers(`http://127.0.0.1:${port}/`),
    stopSignal: 'SIGQUIT',
  });
}
