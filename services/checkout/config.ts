import { Type } from 'typebox';
import { patterned } from '../shared/basics/patterned.ts';
import {
  commonSettings,
  databaseConnections,
  databaseSettings,
  databaseUrl,
  identitySettings,
  limitSettings,
  processSettings,
  publicSettings,
  purchaseUrl,
  queueUrl,
  serviceUrl,
  topicArn,
} from '../shared/process/config.ts';

/** A key or secret of a provider; without it, that provider is not offered. */
const ofProvider = (description: string) =>
  patterned('^[\\x21-\\x7e]{0,512}$', 'must be without blanks, up to 512 characters', { default: '', description });

export const checkoutConfig = Type.Object({
  ...commonSettings('checkout'),
  ...processSettings,
  ...publicSettings,
  DATABASE_URL: databaseUrl('MySQL writer: mysql://user:password@host:port/database'),
  ...databaseSettings,
  ...databaseConnections,
  ...identitySettings,
  ...limitSettings({ perSecond: 20, atOnce: 60 }),
  PURCHASE_URL: purchaseUrl,
  CHECKOUT_MINUTES: Type.Integer({
    minimum: 1,
    maximum: 60,
    default: 15,
    description: 'How long a buyer may take to pay; the seats are kept for so long',
  }),
  CHECKOUT_TOPIC_ARN: topicArn("Topic that checkouts' domain events are published to"),
  CHECKOUT_QUEUE_URL: queueUrl("Queue of the providers' webhooks, which the worker reads"),
  CHECKOUT_DEAD_LETTER_QUEUE_URL: queueUrl('Queue for webhooks that the worker cannot settle'),
  STRIPE_SECRET_KEY: ofProvider('Secret key at Stripe, sk_…; if empty, nobody can pay with Stripe'),
  STRIPE_WEBHOOK_SECRET: ofProvider('Secret that signs the webhooks of Stripe, whsec_…'),
  STRIPE_PUBLISHABLE_KEY: ofProvider("Key that buyers' browsers use at Stripe, pk_…"),
  STRIPE_URL: serviceUrl("Address of Stripe's API", { default: 'https://api.stripe.com' }),
  PAYPAL_CLIENT_ID: ofProvider('Client id of the app at PayPal; if empty, nobody can pay with PayPal'),
  PAYPAL_CLIENT_SECRET: ofProvider('Secret of that app'),
  PAYPAL_WEBHOOK_ID: ofProvider('Id of the webhook at PayPal, with which its signatures are checked'),
  PAYPAL_URL: serviceUrl("Address of PayPal's API", { default: 'https://api-m.paypal.com' }),
});
