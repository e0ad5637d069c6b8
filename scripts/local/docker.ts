import { execa } from 'execa';

/**
 * A server's program: on this machine, or in a Docker image. A container has its own network, with its port published on loopback,
 * or uses the host's network.
 */
export type Server = { command: string; docker?: string; network?: 'host' };

/** Docker's engine; Docker Desktop runs it in a virtual machine, whose host network is not this machine's. */
type Docker = { isDesktop: boolean };

const dockerMs = 10_000;
let docker: Promise<Docker | undefined> | undefined;

/** Looks for a running engine, once per process. */
export function findDocker(): Promise<Docker | undefined> {
  docker ??= execa('docker', ['info', '--format', '{{.OperatingSystem}}'], { timeout: dockerMs }).then(
    ({ stdout }) => ({ isDesktop: stdout === 'Docker Desktop' }),
    () => undefined,
  );
  return docker;
}

/** The command that runs a server's program, which can read and write `folder` and is reachable at `port` on loopback. */
export function commandLine(server: Server, program: string, args: string[], at: { folder: string; port: number }) {
  if (server.docker === undefined) return { command: program, args };
  const user = `${process.getuid?.() ?? 1000}:${process.getgid?.() ?? 1000}`;
  const mount = `${at.folder}:${at.folder}`;
  const network = server.network ? ['--network', server.network] : ['--publish', `127.0.0.1:${at.port}:${at.port}`];
  const run = ['run', '--rm', '--init', '--user', user, '--volume', mount, ...network, '--entrypoint', program];
  return { command: 'docker', args: [...run, server.docker, ...args] };
}

const isOnHost = ({ docker, network }: Server) => docker === undefined || network === 'host';

/** The address to listen on: loopback, or all of a container's, of which only one port is published, on loopback. */
export const bindAddress = (server: Server) => (isOnHost(server) ? '127.0.0.1' : '0.0.0.0');

/** The address of the host's loopback for the server; Docker Desktop has a name for it. */
export const hostAddress = (server: Server) => (isOnHost(server) ? '127.0.0.1' : 'host.docker.internal');
