import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { v7 as uuidv7 } from 'uuid';

/** A mail that the mailbox has accepted. `receivedOn`: RFC 3339. `links`: the addresses in its text, in order. */
export type Message = {
  messageId: string;
  receivedOn: string;
  from: string;
  to: string[];
  subject: string;
  text: string;
  html: string;
  headers: Record<string, string>;
  tags: Record<string, string>;
  links: string[];
};

/** More than anybody reads; older ones are deleted. */
const most = 500;

/** The mails in a folder, a file for each. Their ids are ordered by time. Files are for their owner alone: mails contain secret links. */
export function openMessages(folder: string) {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const fileOf = (messageId: string) => join(folder, `${messageId}.json`);
  const read = (messageId: string) => JSON.parse(readFileSync(fileOf(messageId), 'utf8')) as Message;
  const ids = () =>
    readdirSync(folder)
      .flatMap((file) => /^([0-9a-f-]{36})\.json$/.exec(file)?.[1] ?? [])
      .toSorted();
  const known = new Map(ids().map((messageId) => [messageId, read(messageId)]));

  return {
    /** Newest first. */
    all: (): Message[] => [...known.values()].reverse(),

    find: (messageId: string): Message | undefined => known.get(messageId),

    add(mail: Omit<Message, 'messageId' | 'receivedOn' | 'links'>): Message {
      const links = [...mail.text.matchAll(/https?:\/\/[^\s<>"]+/g)].map(([url]) => url);
      const message = { messageId: uuidv7(), receivedOn: new Date().toISOString(), ...mail, links };
      const file = fileOf(message.messageId);
      writeFileSync(`${file}.new`, JSON.stringify(message, null, 2), { mode: 0o600 });
      renameSync(`${file}.new`, file);
      known.set(message.messageId, message);
      for (const old of [...known.keys()].slice(0, -most)) remove(old);
      return message;
    },

    clear(): void {
      for (const messageId of known.keys()) remove(messageId);
    },
  };

  function remove(messageId: string): void {
    rmSync(fileOf(messageId), { force: true });
    known.delete(messageId);
  }
}
