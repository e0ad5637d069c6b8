import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { createConnection } from 'mysql2/promise';
import { guessWriter, mismatch, noteWriter, type Program, programOf, readWriter } from './data-program.ts';
import { bindAddress, commandLine } from './docker.ts';
import { type LocalProcess, startProcess } from './process.ts';
import { runToEnd } from './run-to-end.ts';
import type { MysqlServer } from './servers.ts';
import { localMysqlUrl } from './store-urls.ts';

const initSql = [
  'CREATE DATABASE IF NOT EXISTS onsale CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;',
  "CREATE USER IF NOT EXISTS 'onsale'@'%' IDENTIFIED BY 'onsale';",
  "GRANT ALL PRIVILEGES ON `onsale%`.* TO 'onsale'@'%';",
].join('\n');

/** No second protocol, no folder for exports (the built-in one need not exist), no log for replicas that we do not have. */
const mysqlOnly = { mysqlx: 'OFF', 'secure-file-priv': 'NULL', 'skip-log-bin': 'ON' };

/** Starts a MySQL or MariaDB with its data in `folder`, created if missing. Rejects if that is another program's data. */
export async function startMysql(server: MysqlServer, at: { folder: string; port: number }): Promise<LocalProcess> {
  mkdirSync(at.folder, { recursive: true, mode: 0o700 });
  const dataFolder = join(at.folder, 'data');
  const program = await programOf(server, at);
  if (!existsSync(dataFolder)) await createDataFolder(server, at, dataFolder);
  // Before it starts: a failed start leaves files in the other program's folder.
  else assertReadable(program, at.folder, dataFolder);
  const initFile = join(at.folder, 'init.sql');
  writeFileSync(initFile, initSql);

  const settings = {
    datadir: dataFolder,
    port: String(at.port),
    'bind-address': bindAddress(server),
    socket: join(socketFolder(server, at), 'mysqld.sock'),
    tmpdir: temporaryFolder(at.folder),
    'pid-file': join(at.folder, 'mysqld.pid'),
    'init-file': initFile,
    'skip-name-resolve': 'ON',
    'character-set-server': 'utf8mb4',
    'collation-server': 'utf8mb4_bin',
    'default-time-zone': '+00:00',
    'innodb-buffer-pool-size': '512M',
    ...(server.flavor === 'mysql' && mysqlOnly),
    ...asRoot(server),
  };
  const args = ['--no-defaults', ...Object.entries(settings).map(([name, value]) => `--${name}=${value}`)];
  const started = await startProcess({
    name: server.flavor,
    ...commandLine(server, server.command, args, at),
    logFile: join(at.folder, 'mysqld.log'),
    isReady: () => mysqlAnswers(at.port),
    isBackground: true,
  });
  noteWriter(at.folder, program);
  return started;
}

function assertReadable(program: Program, folder: string, dataFolder: string): void {
  const problem = mismatch(program, readWriter(folder) ?? guessWriter(dataFolder), folder);
  if (problem !== undefined) throw new Error(problem);
}

/** Creates it under another name until it is complete, so that an interrupted attempt starts over. */
async function createDataFolder(server: MysqlServer, at: { folder: string; port: number }, dataFolder: string): Promise<void> {
  const unfinished = `${dataFolder}.unfinished`;
  rmSync(unfinished, { recursive: true, force: true });
  const common = [
    `--datadir=${unfinished}`,
    `--tmpdir=${temporaryFolder(at.folder)}`,
    ...Object.entries(asRoot(server)).map(([name, value]) => `--${name}=${value}`),
  ];
  const [program, args] =
    server.install === undefined
      ? [server.command, ['--no-defaults', '--initialize-insecure', ...common]]
      : [server.install, ['--no-defaults', '--skip-test-db', '--auth-root-authentication-method=normal', ...common]];
  const { command, args: line } = commandLine(server, program, args, at);
  await runToEnd({ command, args: line, logFile: join(at.folder, 'install.log') });
  renameSync(unfinished, dataFolder);
}

/** A server deletes all temporary tables in its temporary folder when it starts. In /tmp these could be another server's. */
function temporaryFolder(folder: string): string {
  const temporary = join(folder, 'tmp');
  mkdirSync(temporary, { recursive: true });
  return temporary;
}

/** Linux limits a socket's path to 108 bytes; this leaves room for its name. */
const maxSocketFolder = 90;

/** The folder of the server's socket. Anybody who reaches the socket gets in, so the folder is private, or in a container. */
function socketFolder(server: MysqlServer, at: { folder: string; port: number }): string {
  if (server.docker !== undefined) return '/tmp';
  if (at.folder.length <= maxSocketFolder) return at.folder;
  const folder = join(tmpdir(), `onsale-mysql-${at.port}`);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return folder;
}

/** A server that root starts requires an explicit user, even if that is root. */
function asRoot(server: MysqlServer): { user?: string } {
  return process.getuid?.() === 0 && server.docker === undefined ? { user: userInfo().username } : {};
}

async function mysqlAnswers(port: number): Promise<boolean> {
  const connection = await createConnection({ uri: localMysqlUrl(port), connectTimeout: 1_000 });
  await connection.end();
  return true;
}
