import { once } from 'node:events';
import { Agent } from 'node:http';
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { connectRedis } from '../../services/shared/stores/redis.ts';
import { runTicketServer, seatName, seatsKey } from './ticket-server.ts';

// The usual way: lock the seat, publish a message about it, then answer. `maxSockets` allows one Publish in flight per buyer.
const redis = connectRedis(process.env.REDIS_URL ?? '');
await once(redis, 'ready');
const sns = new SNSClient({ requestHandler: { httpAgent: new Agent({ keepAlive: true, maxSockets: 100 }) } });
const TopicArn = process.env.SNS_TOPIC_ARN;

await runTicketServer(
  async (ticket, json) => {
    if ((await redis.hsetnx(seatsKey(ticket.eventId), seatName(ticket), json)) === 0) return false;
    const MessageAttributes = { eventId: { DataType: 'String', StringValue: ticket.eventId } };
    await sns.send(new PublishCommand({ TopicArn, Message: json, MessageAttributes }));
    return true;
  },
  () => {
    redis.disconnect();
    sns.destroy();
  },
);
