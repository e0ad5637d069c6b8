import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../..');

/** Exact text, and what takes its place. */
type Patch = { file: string; from: string; to: string };

/** Between the answer and the append: what a Publish takes, where that is what comes after the script. */
const gapMs = 10;

/** The script returns what it would append, and the task appends it once it has the answer: two steps, and death can come between. */
const patches: Patch[] = [
  {
    file: 'purchase/seats/lua/lib/run.lua',
    from: `redis.call('XADD', key.outbox, '*', 'first', text(first), 'time', text(now), unpack(events))`,
    to: `return { '*', 'first', text(first), 'time', text(now), unpack(events) }`,
  },
  {
    file: 'purchase/seats/lua/lib/run.lua',
    from: `  write_changes()
  return '[' .. table.concat(replies, ',') .. ']'`,
    to: `  local entry = write_changes()
  local reply = '[' .. table.concat(replies, ',') .. ']'
  return entry and { reply, unpack(entry) } or reply`,
  },
  {
    file: 'purchase/seats/call-script.ts',
    from: 'return (JSON.parse(text as string) as Words[]).map(replyOf);',
    to: `const [replies, ...entry] = [text].flat() as string[];
  if (entry.length > 0) await new Promise((resolve) => setTimeout(resolve, ${gapMs}));
  if (entry.length > 0) await orUnavailable(redis.xadd(outboxKey(eventId), ...entry));
  return (JSON.parse(replies) as Words[]).map(replyOf);`,
  },
];

/**
 * Copies the services to `folder`, with the append to the outbox moved out of the scripts, and gives the root that they can be
 * started from. Throws where their code is no longer what the patch is for. Inside the repository, so that packages are found.
 */
export function copyWithOutboxOutsideScripts(folder: string): string {
  const copy = join(folder, 'outbox-outside-scripts');
  cpSync(join(root, 'services'), join(copy, 'services'), { recursive: true, filter: (path) => !path.endsWith('.test.ts') });
  for (const { file, from, to } of patches) {
    const path = join(copy, 'services', file);
    const source = readFileSync(path, 'utf8');
    if (source.split(from).length !== 2)
      throw new Error(`services/${file} does not have this once, which the control changes: ${from}`);
    writeFileSync(
      path,
      source.replace(from, () => to),
    );
  }
  return copy;
}
