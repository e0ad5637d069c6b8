import { once } from 'node:events';
import { connectRedis } from '../../services/shared/stores/redis.ts';
import { runScript, scriptOf } from '../../services/shared/stores/script.ts';
import { logKey, runTicketServer, seatName, seatsKey } from './ticket-server.ts';

// The minimum that sells a seat once and records what to publish: one script in one round trip.
const script = scriptOf(`
if redis.call('HSETNX', KEYS[1], ARGV[1], ARGV[2]) == 0 then return 0 end
redis.call('XADD', KEYS[2], '*', 'data', ARGV[2])
return 1
`);

const redis = connectRedis(process.env.REDIS_URL ?? '');
await once(redis, 'ready');

await runTicketServer(
  async (ticket, json) =>
    (await runScript(redis, script, [seatsKey(ticket.eventId), logKey(ticket.eventId)], [seatName(ticket), json])) === 1,
  () => redis.disconnect(),
);
