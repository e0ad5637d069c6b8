import { copyWithPatches, type Patch } from './patched-services.ts';

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

/** Copies the services to `folder`, with the append to the outbox moved out of the scripts. Returns the root to start them from. */
export const copyWithOutboxOutsideScripts = (folder: string): string =>
  copyWithPatches(folder, 'outbox-outside-scripts', patches);
