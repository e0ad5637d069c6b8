import type { HttpServer } from '../../shared/http/http-server.ts';
import { sendProblem, UnavailableError } from '../../shared/http/problems.ts';
import { createPlaces } from '../../shared/limits/places.ts';
import type { Database } from '../../shared/stores/database.ts';
import type { ProviderName } from '../../shared/stores/schema.ts';
import { createSampledLog } from '../../shared/telemetry/sampled-log.ts';
import { type Notice, type Provider, ProviderAway, WebhookForged } from '../providers/provider.ts';
import { keepNotice } from './inbox.ts';
import type { Work } from './work.ts';

/** Providers' objects are a few KiB. */
const maxWebhookBytes = 256 * 1024;
/** To check a signature may mean asking the provider: forged webhooks must not become a flood of such questions. */
const checksAtOnce = 20;
const maxTypeCharacters = 64;

export type WebhookDependencies = {
  db: Database;
  providers: ReadonlyMap<ProviderName, Provider>;
  /** Tells the workers that there is a webhook to settle. If it fails, the sweeper finds the webhook. */
  announce: (work: Work) => Promise<void>;
  clock: () => number;
  /** How many webhooks came, by what became of them. */
  counts: Map<WebhookOutcome, number>;
};

const webhookOutcomes = ['kept', 'repeated', 'ignored', 'forged'] as const;
export type WebhookOutcome = (typeof webhookOutcomes)[number];

/** From zero: a counter that appears with its first event hides that event from Prometheus. */
export const createWebhookCounts = () => new Map<WebhookOutcome, number>(webhookOutcomes.map((outcome) => [outcome, 0]));

/**
 * POST /checkout/webhooks/{provider}: checks a webhook's signature over the raw body, keeps it in the inbox, each once, and answers at once. It
 * believes nothing that the webhook says: whoever settles it asks the provider.
 */
export function registerWebhooks(app: HttpServer, dependencies: WebhookDependencies): void {
  const { db, providers, announce, clock, counts } = dependencies;
  const takePlace = createPlaces(checksAtOnce);
  const warnForged = createSampledLog('warn', 'a webhook without a valid signature');
  const warnLost = createSampledLog('warn', 'the queue does not take the messages of webhooks; the sweeper settles them');
  const count = (outcome: WebhookOutcome) => counts.set(outcome, (counts.get(outcome) ?? 0) + 1);

  void app.register(async (scope) => {
    // A signature is over the bytes, whatever they claim to be.
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
    scope.post<{ Params: { provider: string } }>(
      '/checkout/webhooks/:provider',
      { bodyLimit: maxWebhookBytes, schema: { hide: true } },
      async (request, reply) => {
        const { provider: name } = request.params;
        const provider = providers.get(name as ProviderName);
        if (!provider) return sendProblem(reply, 'NOT_FOUND', { detail: 'This provider is not set up here' });
        const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
        const notice = await read(provider, body, request.headers);
        if (notice === 'forged') {
          count('forged');
          warnForged(request.log, { provider: provider.name });
          return sendProblem(reply, 'WEBHOOK_FORGED');
        }
        if (!notice) {
          count('ignored');
          return reply.send({});
        }
        const type = notice.type.slice(0, maxTypeCharacters);
        const isNew = await keepNotice(db, provider.name, { ...notice, type }, clock());
        count(isNew ? 'kept' : 'repeated');
        if (isNew) {
          const work = { provider: provider.name, providerEventId: notice.eventId };
          announce(work).catch((error) => warnLost(request.log, { err: error }));
        }
        return reply.send({});
      },
    );
  });

  /** Throws an UnavailableError if the provider is needed to check the signature, and away. */
  async function read(
    provider: Provider,
    body: Buffer,
    headers: Parameters<Provider['readWebhook']>[1],
  ): Promise<Notice | 'forged' | undefined> {
    const leave = takePlace();
    if (typeof leave === 'string') throw new UnavailableError('SERVICE_UNAVAILABLE', 'Too many webhooks are being checked');
    try {
      return await provider.readWebhook(body, headers);
    } catch (error) {
      if (error instanceof WebhookForged) return 'forged';
      if (error instanceof ProviderAway) throw new UnavailableError('SERVICE_UNAVAILABLE', error);
      throw error;
    } finally {
      leave();
    }
  }
}
