import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { guessWriter, mismatch, noteWriter, parseVersion, readWriter } from './data-program.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'onsale-data-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

it.each([
  ['/usr/sbin/mysqld  Ver 9.7.4-2 for Linux on x86_64 ((Debian))', 'MySQL', '9.7.4'],
  ['mysqld  Ver 8.0.44 for Linux on x86_64 (MySQL Community Server - GPL)', 'MySQL', '8.0.44'],
  ['/usr/sbin/mariadbd  Ver 10.11.19-MariaDB-0+deb12u1 for debian-linux-gnu on x86_64 (Debian 12)', 'MariaDB', '10.11.19'],
  ['Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64 build=e2e7f9fb1db2aa9e', 'Redis', '7.0.15'],
  ['Valkey server v=8.1.4 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64', 'Valkey', '8.1.4'],
])('recognises the program that prints "%s"', (printed, name, version) => {
  expect(parseVersion(printed)).toEqual({ name, version });
});

describe('the data that a program opens', () => {
  const mysql = { name: 'MySQL', version: '8.4.7' };

  it.each([undefined, { name: 'MySQL' }, mysql, { name: 'MySQL', version: '8.4.9' }, { name: 'MySQL', version: '8.0.44' }])(
    'is readable if %j wrote it',
    (writer) => {
      expect(mismatch(mysql, writer, '/x/.local/mysql')).toBeUndefined();
    },
  );

  it.each([
    [{ name: 'MySQL', version: '9.7.4' }, 'written by MySQL 9.7.4', 'Use MySQL 9.7 or newer'],
    [{ name: 'MySQL', version: '8.10.0' }, 'written by MySQL 8.10.0', 'Use MySQL 8.10 or newer'],
    [{ name: 'MariaDB', version: '10.11.19' }, 'written by MariaDB 10.11.19', 'Use MariaDB 10.11 or newer'],
    [{ name: 'MariaDB' }, 'written by MariaDB,', 'Use MariaDB,'],
  ])('is refused if %j wrote it', (writer, ...parts) => {
    const sentence = mismatch(mysql, writer, '/x/.local/mysql');
    const about = [
      'The data in /x/.local/mysql',
      'this is MySQL 8.4.7.',
      'or move or delete /x/.local to start with empty data.',
    ];
    for (const part of [...about, ...parts]) expect(sentence).toContain(part);
  });

  it('is identified by the note beside it, unless that is incomplete', () => {
    expect(readWriter(folder)).toBeUndefined();
    noteWriter(folder, mysql);
    expect(readWriter(folder)).toEqual(mysql);
    writeFileSync(join(folder, 'written-by.json'), '{"name":"My');
    expect(readWriter(folder)).toBeUndefined();
  });

  it.each<[string, Record<string, string>, unknown]>([
    ['nothing', { ibdata1: '' }, undefined],
    [
      "MySQL's, with its history",
      { 'mysql.ibd': '', mysql_upgrade_history: '{"upgrade_history":[{"version":"8.4.7"},{"version":"9.7.4-2"}]}' },
      { name: 'MySQL', version: '9.7.4' },
    ],
    ["MySQL's, after a MariaDB failed to start on it", { 'mysql.ibd': '', aria_log_control: '' }, { name: 'MySQL' }],
    ["MariaDB's", { aria_log_control: '', mysql_upgrade_info: '10.11.19-MariaDB' }, { name: 'MariaDB', version: '10.11.19' }],
    [
      "a newer MariaDB's, after a MySQL failed to start on it",
      { aria_log_control: '', 'auto.cnf': '', mariadb_upgrade_info: '11.8.6-MariaDB' },
      { name: 'MariaDB', version: '11.8.6' },
    ],
  ])('without a note, is identified by its files: %s', (_what, files, writer) => {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    expect(guessWriter(folder)).toEqual(writer);
  });
});
