import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import which from 'which';
import { installPackages, unpackPackage } from './debian.ts';
import { findDocker, type Server } from './docker.ts';
import { findBinary } from './find-binary.ts';

export type MysqlServer = Server & { flavor: 'mysql' | 'mariadb'; install?: string };

/** The servers that the system needs and does not contain. */
export type Servers = { redis: Server; mysql: MysqlServer; nginx: Server };

/** For unpacked programs, and for links to others. */
const folder = join(import.meta.dirname, '../../.local/bin');

/** A kind of server, and where to look for it, in this order. */
type Source<Kind extends Server> = {
  name: string;
  onPath: () => Promise<Kind | undefined>;
  inDocker: (docker: { isDesktop: boolean }) => Kind;
  install: (say: (line: string) => void) => Promise<boolean>;
  /** For installation by hand: Debian's packages, and Homebrew's. */
  debian: string[];
  brew: string;
  /** Settings that name such a server elsewhere. */
  settings: string[];
};

/** These start no service: redis-tools contains the server's program, redis-server only adds a link and a unit. */
const redisPackages = ['redis-tools'];
const mysqlPackages = ['mariadb-server-core', 'mariadb-client-core'];

const redis: Source<Server> = {
  name: 'Redis',
  onPath: redisOnPath,
  inDocker: () => ({ command: 'redis-server', docker: 'redis:7' }),
  install: (say) => installPackages(redisPackages, say),
  debian: redisPackages,
  brew: 'redis',
  settings: ['REDIS_URL'],
};

const mysql: Source<MysqlServer> = {
  name: 'MySQL or MariaDB',
  onPath: mysqlOnPath,
  inDocker: () => ({ command: 'mariadbd', docker: 'mariadb:10.11', flavor: 'mariadb', install: 'mariadb-install-db' }),
  install: (say) => installPackages(mysqlPackages, say),
  debian: mysqlPackages,
  brew: 'mariadb',
  settings: ['DATABASE_URL', 'DATABASE_READER_URL'],
};

const nginxFolder = join(folder, 'nginx');
const unpackedNginx = join(nginxFolder, 'usr/sbin/nginx');

const nginx: Source<Server> = {
  name: 'nginx',
  onPath: nginxOnPath,
  // It must reach the services, which listen on the host's loopback only.
  inDocker: ({ isDesktop }) => ({ command: 'nginx', docker: 'nginx:1.30-alpine', ...(!isDesktop && { network: 'host' }) }),
  // Every package with the program depends on nginx-common, which opens a website on port 80.
  install: (say) => unpackPackage('nginx', { folder: nginxFolder, without: ['nginx-common', 'iproute2'] }, say),
  debian: ['nginx'],
  brew: 'nginx',
  settings: [],
};

const sources: { [Name in keyof Servers]: Source<Servers[Name]> } = { redis, mysql, nginx };

/**
 * Finds each of these servers: on the PATH, else as an image if Docker runs, else in Debian's packages if we may install them.
 * Rejects with one message that names all missing servers, and what to do.
 */
export async function findServers<Name extends keyof Servers>(
  names: Name[],
  say: (line: string) => void,
): Promise<Pick<Servers, Name>> {
  const servers: Partial<Servers> = {};
  const missing: Source<Server>[] = [];
  // One after another: apt-get does one thing at a time.
  for (const name of names) {
    const found: Partial<Servers> = { [name]: await findServer<Server>(sources[name], say) };
    if (found[name]) Object.assign(servers, found);
    else missing.push(sources[name]);
  }
  if (missing.length > 0) throw new Error(howToInstall(missing));
  return servers as Pick<Servers, Name>;
}

async function findServer<Kind extends Server>(source: Source<Kind>, say: (line: string) => void): Promise<Kind | undefined> {
  const onPath = await source.onPath();
  if (onPath) return onPath;
  const docker = await findDocker();
  if (docker) return source.inDocker(docker);
  return (await source.install(say)) ? await source.onPath() : undefined;
}

function howToInstall(missing: Source<Server>[]): string {
  const lines = [
    `sudo apt-get install ${missing.flatMap(({ debian }) => debian).join(' ')}`,
    `brew install ${missing.map(({ brew }) => brew).join(' ')}`,
    'start Docker',
  ];
  if (missing.every(({ settings }) => settings.length > 0))
    lines.push(`set ${missing.flatMap(({ settings }) => settings).join(', ')} to use servers of your own`);
  const names = missing.map(({ name }) => name).join(', ');
  return `Not found on this machine: ${names}. Do one of the following, then try again:\n${lines.map((line) => `  ${line}`).join('\n')}`;
}

async function redisOnPath(): Promise<Server | undefined> {
  const server = await findBinary('redis-server', 'valkey-server');
  if (server) return { command: server };
  // The same program, which acts by the name it is called by; Debian's redis-tools contains it under other names only.
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
  const { stdout } = await execa(command, ['--version']);
  if (!stdout.includes('MariaDB')) return { command, flavor: 'mysql' };
  const install = await findBinary('mariadb-install-db', 'mysql_install_db');
  return install === undefined ? undefined : { command, flavor: 'mariadb', install };
}

async function nginxOnPath(): Promise<Server | undefined> {
  const command = (await findBinary('nginx')) ?? (await which(unpackedNginx, { nothrow: true }));
  return command === null ? undefined : { command };
}
