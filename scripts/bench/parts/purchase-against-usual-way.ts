import { emptyRedis, newEvent, purchasesOf } from '../event.ts';
import { runPurchases } from '../load.ts';
import type { PartContext, Report } from '../report.ts';
import { alternate, type Figures, medianOf, medianRatio, saleWarmUps } from '../rounds.ts';
import { type Bench, createDeliveringTopic, type Server, startBenchServer, startBenchService } from '../system.ts';
import { seatsKey } from '../ticket-server.ts';
import { hall, sellThroughPurchase } from './purchase-against-floor.ts';

const rounds = 5;
const requests = 20_000;
/** Fewer, because it is slower: a round still lasts some seconds. */
const usualRequests = 5_000;

/**
 * b: purchase's sales per second, against locking the seat and awaiting one Publish before answering. A Fastify server that
 * neither sells nor stores anything shows the highest possible ratio.
 */
export async function purchaseAgainstUsualWay({ bench, resources, say }: PartContext): Promise<Report> {
  const env = { SNS_TOPIC_ARN: await createDeliveringTopic(bench) };
  const purchase = await startBenchService(bench, 'purchase', resources, env);
  const usual = await startBenchServer(bench, import.meta.resolve('../usual-way.ts'), resources, env);
  const answerOnly = await startBenchServer(bench, import.meta.resolve('../answer-only.ts'), resources);
  const measured = await alternate(
    {
      purchase: () => sellThroughPurchase(bench, purchase, requests),
      usual: () => sellTheUsualWay(bench, usual),
      answer: () => onlyAnswer(answerOnly),
    },
    rounds,
    say,
    saleWarmUps,
  );
  const rate = (side: keyof typeof measured, name = 'perSecond') => medianOf(measured[side], name);
  return {
    rows: [
      {
        what: 'purchase / the usual way',
        value: medianRatio(measured.purchase, measured.usual, 'perSecond'),
        bar: { atLeast: 8 },
      },
      {
        what: 'a Fastify that only answers / the usual way (upper bound for purchase)',
        value: medianRatio(measured.answer, measured.usual, 'perSecond'),
      },
      { what: 'purchase', value: rate('purchase'), unit: 'sales/s' },
      { what: 'the usual way (lock, publish, answer)', value: rate('usual'), unit: 'sales/s' },
      { what: 'purchase until all is published / the usual way', value: rate('purchase', 'publishedPerSecond') / rate('usual') },
      { what: 'p99 of purchase', value: rate('purchase', 'p99Ms'), unit: 'ms' },
      { what: 'p99 of the usual way', value: rate('usual', 'p99Ms'), unit: 'ms' },
    ],
    notes: [
      'both publish to a topic that the emulator delivers to a queue; it answers faster than AWS over a network, but takes CPU',
    ],
    rounds: measured,
  };
}

async function onlyAnswer(server: Server): Promise<Figures> {
  return (await runPurchases({ url: `${server.url}/tickets`, bodies: purchasesOf(newEvent(hall), requests) })).figures;
}

async function sellTheUsualWay({ redis }: Bench, usual: Server): Promise<Figures> {
  await emptyRedis(redis);
  const event = newEvent(hall);
  const { figures } = await runPurchases({ url: `${usual.url}/tickets`, bodies: purchasesOf(event, usualRequests) });
  const kept = await redis.hlen(seatsKey(event.eventId));
  if (kept !== usualRequests) throw new Error(`the usual way recorded ${kept} of ${usualRequests} sales`);
  return figures;
}
