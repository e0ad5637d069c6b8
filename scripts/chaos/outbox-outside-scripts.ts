import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../..');

/** A text that must occur exactly once in `file`, and its replacement. */
type Patch = { file: string; from: string; to: string };

/** The delay between the script's reply and the append: about what awaiting a Publish after the script would take. */
const gapMs = 10;

/** The script returns what it would have appended, and the task appends it afterwards. A task killed between the steps loses it. */
const patches: Patch[] = [
  {
    file: 'shared/inventory/lua/lib/event.lua',
    from: `redis.call('XADD', key.outbox, '*', 'first', text(first), 'time', text(now), unpack(domainEvents))`,
    to: `return { '*', 'first', text(first), 'time', text(now), unpack(domainEvents) }`,
  },
  {
    file: 'shared/inventory/lua/lib/event.lua',
    from: `  write_changes()
  return '[' .. table.concat(replies, ',') .. ']'`,
    to: `  local entry = write_changes()
  local reply = '[' .. table.concat(replies, ',') .. ']'
  return entry and { reply, unpack(entry) } or reply`,
  },
  {
    file: 'shared/inventory/call-script.ts',
    from: 'const replies = JSON.parse(text as string) as Reply[];',
    to: `const [json, ...entry] = [text].flat() as string[];
  if (entry.length > 0) await new Promise((resolve) => setTimeout(resolve, ${gapMs}));
  if (entry.length > 0) await orUnavailable(redis.xadd(outboxKey(eventId), ...entry));
  const replies = JSON.parse(json) as Reply[];`,
  },
];

/**
 * Copies the services to `folder`, which must be inside the repository so that packages are found, and moves the append to the
 * outbox out of the scripts. Returns the root to start them from. Throws if the patches no longer fit the code.
 */
export function copyWithOutboxOutsideScripts(folder: string): string {
  const copy = join(folder, 'outbox-outside-scripts');
  cpSync(join(root, 'services'), join(copy, 'services'), { recursive: true, filter: (path) => !path.endsWith('.test.ts') });
  for (const { file, from, to } of patches) {
    const path = join(copy, 'services', file);
    const source = readFileSync(path, 'utf8');
    if (source.split(from).length !== 2)
      throw new Error(`The control's patch no longer fits: services/${file} must contain this exactly once: ${from}`);
    writeFileSync(
      path,
      source.replace(from, () => to),
    );
  }
  return copy;
}
