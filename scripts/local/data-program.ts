import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { commandLine, type Server } from './docker.ts';

/** A server's program, such as MariaDB 10.11.19. */
export type Program = { name: string; version: string };

/** The program that wrote some data, its version if that is known. */
type Writer = { name: string; version?: string | undefined };

/** Runs a server's program for its name and version. */
export async function programOf(server: Server, at: { folder: string; port: number }): Promise<Program> {
  const { command, args } = commandLine(server, server.command, ['--version'], at);
  return parseVersion((await execa(command, args)).stdout);
}

/** Parses the output of --version: "Redis server v=7.0.15 …", "mysqld  Ver 9.7.4-2 for …", "mariadbd  Ver 10.11.19-MariaDB …". */
export function parseVersion(text: string): Program {
  const [, version = '0.0'] = /\bv(?:=|er )(\d+(?:\.\d+)+)/i.exec(text) ?? [];
  const name = ['MariaDB', 'Valkey', 'Redis'].find((each) => text.includes(each)) ?? 'MySQL';
  return { name, version };
}

const noteIn = (folder: string) => join(folder, 'written-by.json');

/** Notes in `folder`, beside the data, that this program opened it. */
export function noteWriter(folder: string, program: Program): void {
  writeFileSync(noteIn(folder), `${JSON.stringify(program)}\n`);
}

/** The program in the note, or undefined if there is no note or only part of one. */
export function readWriter(folder: string): Writer | undefined {
  try {
    return JSON.parse(readFileSync(noteIn(folder), 'utf8')) as Program;
  } catch {
    return undefined;
  }
}

/** Infers the program from the files in a data folder of MySQL or MariaDB, for folders without a note. */
export function guessWriter(dataFolder: string): Writer | undefined {
  const has = (file: string) => existsSync(join(dataFolder, file));
  const versionIn = (file: string, pattern: RegExp) =>
    has(file) ? pattern.exec(readFileSync(join(dataFolder, file), 'utf8'))?.[1] : undefined;
  // First, because a MariaDB that failed to start on MySQL's data leaves its own files there.
  if (has('mysql.ibd')) return { name: 'MySQL', version: versionIn('mysql_upgrade_history', /.*"version":"([\d.]+)/) };
  if (!has('aria_log_control')) return undefined;
  const [newName, oldName] = ['mariadb_upgrade_info', 'mysql_upgrade_info'];
  return { name: 'MariaDB', version: versionIn(newName, /^([\d.]+)/) ?? versionIn(oldName, /^([\d.]+)/) };
}

/** The release series: 10.11 of 10.11.19. Servers can be downgraded within one. */
const seriesOf = (version: string) => version.split('.').slice(0, 2).map(Number) as [number, number];

/**
 * Explains why a program may be unable to read the data in `folder`: a different program wrote it, or a newer release. Undefined
 * if neither did.
 */
export function mismatch(program: Program, writer: Writer | undefined, folder: string): string | undefined {
  if (!writer) return undefined;
  const { name, version } = writer;
  if (name === program.name && (version === undefined || !isNewer(version, program.version))) return undefined;
  const [written, needed] = version ? [`${name} ${version}`, `${name} ${seriesOf(version).join('.')} or newer`] : [name, name];
  return `The data in ${folder} was written by ${written}, but this is ${program.name} ${program.version}. Use ${needed}, or move or delete ${dirname(folder)} to start with empty data.`;
}

function isNewer(one: string, other: string): boolean {
  const [[major, minor], [otherMajor, otherMinor]] = [seriesOf(one), seriesOf(other)];
  return major > otherMajor || (major === otherMajor && minor > otherMinor);
}
