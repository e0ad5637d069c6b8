import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { access, mkdir, symlink } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';

/** Runs a program to its end; rejects with its output where that is not a success. */
export const run = promisify(execFile);

/** Where servers are, beside the PATH: Debian keeps them out of an ordinary user's. */
const serverFolders = ['/usr/local/sbin', '/usr/sbin', '/opt/homebrew/bin'];

/** A program by one of its names, from the first folder that has one, or undefined. */
export async function findBinary(...names: string[]): Promise<string | undefined> {
  const folders = [...(process.env.PATH ?? '').split(delimiter), ...serverFolders];
  for (const folder of folders) {
    for (const name of names) {
      const path = join(folder, name);
      if (await isExecutable(path)) return path;
    }
  }
  return undefined;
}

const isExecutable = (path: string) =>
  access(path, constants.X_OK).then(
    () => true,
    () => false,
  );

/** A server's program; with `docker`, the image that has it. */
export type Server = { command: string; docker?: string };

export type MysqlServer = Server & { flavor: 'mysql' | 'mariadb'; install?: string };

/** The servers that are wanted. */
export type Servers = { redis?: Server; mysql?: MysqlServer };
export type Wanted = Record<keyof Servers, boolean>;

/** Debian's packages without their services: redis-tools has the server's program, redis-server only a link and a unit. */
const debianPackages = ['redis-tools', 'mariadb-server-core', 'mariadb-client-core'];

const howToInstall = `Redis and MySQL or MariaDB are needed, and were not found. Do one of these and try again:
  sudo apt-get install ${debianPackages.join(' ')}
  brew install redis mariadb
  start Docker
  set REDIS_URL, DATABASE_URL and DATABASE_READER_URL to servers of yours`;

/**
 * The servers that are wanted: those on the PATH, else images if Docker runs, else Debian's packages where we may install
 * them. Rejects with what to do when none of these can be. `folder` is for a link that a program may need.
 */
export async function findServers(wanted: Wanted, folder: string, say: (line: string) => void): Promise<Servers> {
  const found = await serversOnPath(wanted, folder);
  if (found) return found;
  if (await dockerRuns()) return { ...(wanted.redis && { redis: dockerRedis }), ...(wanted.mysql && { mysql: dockerMysql }) };
  if (!(await installPackages(debianPackages, say))) throw new Error(howToInstall);
  const installed = await serversOnPath(wanted, folder);
  if (!installed) throw new Error(howToInstall);
  return installed;
}

async function serversOnPath(wanted: Wanted, folder: string): Promise<Servers | undefined> {
  const redis = wanted.redis ? await redisOnPath(folder) : undefined;
  const mysql = wanted.mysql ? await mysqlOnPath() : undefined;
  if ((wanted.redis && !redis) || (wanted.mysql && !mysql)) return undefined;
  return { ...(redis && { redis }), ...(mysql && { mysql }) };
}

async function redisOnPath(folder: string): Promise<Server | undefined> {
  const server = await findBinary('redis-server', 'valkey-server');
  if (server) return { command: server };
  // One program that looks at the name it was called by; Debian's redis-tools has it under those of its checkers only.
  const checker = await findBinary('redis-check-rdb');
  if (checker === undefined) return undefined;
  const link = join(folder, 'redis-server');
  await mkdir(folder, { recursive: true });
  await symlink(checker, link).catch(() => {});
  return { command: link };
}

async function mysqlOnPath(): Promise<MysqlServer | undefined> {
  const command = await findBinary('mariadbd', 'mysqld');
  if (command === undefined) return undefined;
  const { stdout } = await run(command, ['--version']);
  if (!stdout.includes('MariaDB')) return { command, flavor: 'mysql' };
  const install = await findBinary('mariadb-install-db', 'mysql_install_db');
  return install === undefined ? undefined : { command, flavor: 'mariadb', install };
}

const dockerRedis: Server = { command: 'redis-server', docker: 'redis:7' };
const dockerMysql: MysqlServer = {
  command: 'mariadbd',
  docker: 'mariadb:10.11',
  flavor: 'mariadb',
  install: 'mariadb-install-db',
};

function dockerRuns(): Promise<boolean> {
  return run('docker', ['info'], { timeout: 10_000 }).then(
    () => true,
    () => false,
  );
}

/** Installs Debian's packages where we may, as root on Debian; gives whether it did. Rejects where that failed. */
export async function installPackages(packages: string[], say: (line: string) => void): Promise<boolean> {
  if (process.getuid?.() !== 0 || !(await findBinary('apt-get'))) return false;
  say(`Installing ${packages.join(', ')} (once) …`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const wait = ['-o', 'DPkg::Lock::Timeout=120'];
  await run('apt-get', [...wait, 'update'], { env });
  await run('apt-get', [...wait, 'install', '--yes', '--no-install-recommends', ...packages], { env });
  return true;
}

/** How to run a program of a server: as it is, or in its image, seeing `folder` and reachable at `port` on loopback. */
export function commandLine(server: Server, program: string, args: string[], at: { folder: string; port: number }) {
  if (server.docker === undefined) return { command: program, args };
  const user = `${process.getuid?.() ?? 1000}:${process.getgid?.() ?? 1000}`;
  const mount = `${at.folder}:${at.folder}`;
  const publish = `127.0.0.1:${at.port}:${at.port}`;
  const run = ['run', '--rm', '--init', '--user', user, '--volume', mount, '--publish', publish, '--entrypoint', program];
  return { command: 'docker', args: [...run, server.docker, ...args] };
}

/** The address to listen on: loopback alone, or all of a container's, of which only loopback is published. */
export const bindAddress = (server: Server) => (server.docker === undefined ? '127.0.0.1' : '0.0.0.0');
