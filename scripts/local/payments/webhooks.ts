import { createHmac, randomBytes, randomInt } from 'node:crypto';
import pLimit from 'p-limit';
import type { Faults } from './faults.ts';
import { webhookFaults } from './faults.ts';
import type { Journal, LocalEvent } from './journal.ts';
import type { PaymentKeys } from './local-keys.ts';
import { paypalSignature } from './paypal-api.ts';

/** Where each provider's webhooks go; '' for nowhere. */
export type WebhookUrls = { stripeWebhookUrl: string; paypalWebhookUrl: string };

const atOnce = 16;
const replyMs = 10_000;
const firstRetryMs = 500;
const lastRetryMs = 30_000;
const defaultShuffleMs = 500;
const defaultLateMs = 5_000;

/**
 * Sends events as webhooks, signed, until they are accepted with a 2xx, at growing intervals. An event that waits when the process ends is sent
 * by the next one. Nothing keeps their order.
 */
export function createWebhooks(journal: Journal, keys: PaymentKeys, faults: Faults, urls: WebhookUrls) {
  const { stripeWebhookUrl, paypalWebhookUrl } = urls;
  const limit = pLimit(atOnce);
  const timers = new Set<NodeJS.Timeout>();
  let isStopped = false;

  return {
    send,
    /** Those that were not accepted before. */
    sendWaiting: () => [...journal.events.values()].filter(({ body }) => body !== undefined).forEach(send),
    stop(): void {
      isStopped = true;
      for (const timer of timers) clearTimeout(timer);
      limit.clearQueue();
    },
  };

  function send(event: LocalEvent): void {
    const { provider, body, notBeforeMs = 0 } = event;
    if (body === undefined) return;
    const fault = faults.take(webhookFaults, { provider });
    const { kind, ms } = fault ?? {};
    if (kind === 'webhooks-lost') {
      done(event);
      return;
    }
    const pauseMs =
      kind === 'webhooks-late'
        ? (ms ?? defaultLateMs)
        : kind === 'webhooks-shuffled'
          ? randomInt((ms ?? defaultShuffleMs) + 1)
          : 0;
    if (kind === 'webhooks-forged') void limit(() => post(forge(event), 'not-the-secret').catch(() => {}));
    if (kind === 'webhooks-doubled') deliver(event, body, pauseMs, 0);
    deliver(event, body, Math.max(pauseMs, notBeforeMs - Date.now()), 0);
  }

  function deliver(event: LocalEvent, body: string, pauseMs: number, failures: number): void {
    if (isStopped) return;
    const timer = setTimeout(
      () => {
        timers.delete(timer);
        void limit(async () => {
          if (isStopped) return;
          const isAccepted = await post({ ...event, body }).catch(() => false);
          if (isAccepted) done(event);
          else deliver(event, body, Math.min(lastRetryMs, firstRetryMs * 2 ** failures), failures + 1);
        });
      },
      Math.max(0, pauseMs),
    );
    timers.add(timer);
  }

  /** Notes that it needs not be sent again. What it said is forgotten. */
  function done({ body: _, ...event }: LocalEvent): void {
    if (!isStopped) journal.commit({ events: [event] });
  }

  async function post({ provider, body = '' }: LocalEvent, secret?: string): Promise<boolean> {
    const url = provider === 'stripe' ? stripeWebhookUrl : paypalWebhookUrl;
    if (url === '') return true;
    const headers = provider === 'stripe' ? stripeHeaders(body, secret) : paypalHeaders(body, secret);
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body,
      signal: AbortSignal.timeout(replyMs),
    });
    await response.arrayBuffer();
    return response.ok;
  }

  function stripeHeaders(body: string, secret = keys.STRIPE_WEBHOOK_SECRET) {
    const seconds = Math.floor(Date.now() / 1_000);
    const signature = createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex');
    return { 'stripe-signature': `t=${seconds},v1=${signature}` };
  }

  function paypalHeaders(body: string, secret = keys.PAYPAL_CLIENT_SECRET) {
    const id = randomBytes(16).toString('hex');
    const time = new Date().toISOString();
    return {
      'paypal-transmission-id': id,
      'paypal-transmission-time': time,
      'paypal-transmission-sig': paypalSignature({ ...keys, PAYPAL_CLIENT_SECRET: secret }, { id, time, event: body }),
      'paypal-auth-algo': 'SHA256withRSA',
      'paypal-cert-url': 'https://api.paypal.com/v1/notifications/certs/CERT-LOCAL',
    };
  }
}

/** Somebody's claim that all is well, in the provider's shape. */
function forge({ body = '', ...event }: LocalEvent): LocalEvent {
  return { ...event, body: body.replace(/"status":"\w+"/, '"status":"succeeded"').replace(event.id, `${event.id}FORGED`) };
}
