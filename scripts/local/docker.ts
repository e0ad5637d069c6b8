import { run } from './binaries.ts';

/**
 * A server's program: as it is, or in an image of Docker. In an image it has a network of its own, of which its port is published
 * on loopback, or the host's.
 */
export type Server = { command: string; docker?: string; network?: 'host' };

/** Docker's engine: does it run, and in a virtual machine of Docker Desktop's? */
type Docker = { isDesktop: boolean };

const dockerMs = 10_000;
let docker: Promise<Docker | undefined> | undefined;

/** The engine, or undefined if none runs; asked once. */
export function findDocker(): Promise<Docker | undefined> {
  docker ??= run('docker', ['info', '--format', '{{.OperatingSystem}}'], { timeout: dockerMs }).then(
    ({ stdout }) => ({ isDesktop: stdout.trim() === 'Docker Desktop' }),
    () => undefined,
  );
  return docker;
}

/** How to run a program of a server: as it is, or in its image, seeing `folder` and reachable at `port` on loopback. */
export function commandLine(server: Server, program: string, args: string[], at: { folder: string; port: number }) {
  if (server.docker === undefined) return { command: program, args };
  const user = `${process.getuid?.() ?? 1000}:${process.getgid?.() ?? 1000}`;
  const mount = `${at.folder}:${at.folder}`;
  const network = server.network ? ['--network', server.network] : ['--publish', `127.0.0.1:${at.port}:${at.port}`];
  const run = ['run', '--rm', '--init', '--user', user, '--volume', mount, ...network, '--entrypoint', program];
  return { command: 'docker', args: [...run, server.docker, ...args] };
}

const isOnHost = ({ docker, network }: Server) => docker === undefined || network === 'host';

/** The address to listen on: loopback alone, or all of a container's, of which only loopback is published. */
export const bindAddress = (server: Server) => (isOnHost(server) ? '127.0.0.1' : '0.0.0.0');

/** The host's loopback as the server sees it; Docker Desktop has a name for it. */
export const hostAddress = (server: Server) => (isOnHost(server) ? '127.0.0.1' : 'host.docker.internal');
