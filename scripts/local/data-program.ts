import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { run } from './binaries.ts';
import { commandLine, type Server } from './docker.ts';

/** A server program: `MariaDB`, `10.11.19`. */
export type Program = { name: string; version: string };

/** The program that wrote some data; its version may be unknown. */
type Writer = { name: string; version?: string | undefined };

/** Asks a server's program for its name and version. */
export async function programOf(server: Server, at: { folder: string; port: number }): Promise<Program> {
  const { command, args } = commandLine(server, server.command, ['--version'], at);
  return parseVersion((await run(command, args)).stdout);
}

/** Reads what servers print: "Redis server v=7.0.15 …", "mysqld  Ver 9.7.4-2 for …", "mariadbd  Ver 10.11.19-MariaDB …". */
export function parseVersion(text: string): Program {
  const [, version = '0.0'] = /\bv(?:=|er )(\d+(?:\.\d+)+)/i.exec(text) ?? [];
  const name = ['MariaDB', 'Valkey', 'Redis'].find((each) => text.includes(each)) ?? 'MySQL';
  return { name, version };
}

const noteIn = (folder: string) => join(folder, 'written-by.json');

/** Notes beside the data in `folder` which program opened it last. */
export function noteWriter(folder: string, program: Program): void {
  writeFileSync(noteIn(folder), `${JSON.stringify(program)}\n`);
}

/** The program that `noteWriter` noted last; undefined if there is no such note, or only a part of it. */
export function readWriter(folder: string): Writer | undefined {
  try {
    return JSON.parse(readFileSync(noteIn(folder), 'utf8')) as Program;
  } catch {
    return undefined;
  }
}

/** The program that a data folder of MySQL or MariaDB looks like, for folders without a note. */
export function guessWriter(dataFolder: string): Writer | undefined {
  const has = (file: string) => existsSync(join(dataFolder, file));
  const versionIn = (file: string, pattern: RegExp) =>
    has(file) ? pattern.exec(readFileSync(join(dataFolder, file), 'utf8'))?.[1] : undefined;
  // First: a MariaDB that was started with MySQL's data left files of its own there.
  if (has('mysql.ibd')) return { name: 'MySQL', version: versionIn('mysql_upgrade_history', /.*"version":"([\d.]+)/) };
  if (!has('aria_log_control')) return undefined;
  const [newName, oldName] = ['mariadb_upgrade_info', 'mysql_upgrade_info'];
  return { name: 'MariaDB', version: versionIn(newName, /^([\d.]+)/) ?? versionIn(oldName, /^([\d.]+)/) };
}

/** The release series, within which servers can go back: 10.11 of 10.11.19. */
const seriesOf = (version: string) => version.split('.').slice(0, 2).map(Number) as [number, number];

/**
 * Why a program may not be able to read the data in `folder`: another program wrote it, or a newer one. Undefined if it wrote the
 * data itself, or an older one of the same name.
 */
export function mismatch(program: Program, writer: Writer | undefined, folder: string): string | undefined {
  if (!writer) return undefined;
  const { name, version } = writer;
  if (name === program.name && (version === undefined || !isNewer(version, program.version))) return undefined;
  const [written, needed] = version ? [`${name} ${version}`, `${name} ${seriesOf(version).join('.')} or newer`] : [name, name];
  return `The data in ${folder} was written by ${written}, and this is ${program.name} ${program.version}. Use ${needed}, or move or delete ${dirname(folder)} to begin anew.`;
}

function isNewer(one: string, other: string): boolean {
  const [[major, minor], [otherMajor, otherMinor]] = [seriesOf(one), seriesOf(other)];
  return major > otherMajor || (major === otherMajor && minor > otherMinor);
}
