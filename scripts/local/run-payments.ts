import closeWithGrace from 'close-with-grace';
import { startPayments } from './payments/payments.ts';

/**
 * The local payment providers as a process: they listen on PORT of HOST, or of loopback, for requests for loopback and for the host SERVER_NAME.
 * Their data is in DATA_DIR, and webhooks go to STRIPE_WEBHOOK_URL and PAYPAL_WEBHOOK_URL. PAGE_URL: where browsers reach them.
 */
const { PORT, HOST: host, SERVER_NAME, DATA_DIR: folder, PAGE_URL: pageUrl } = process.env;
const { STRIPE_WEBHOOK_URL: stripeWebhookUrl, PAYPAL_WEBHOOK_URL: paypalWebhookUrl } = process.env;
if (!folder) throw new Error('DATA_DIR must name a folder');
const names = ['127.0.0.1', 'localhost', ...(SERVER_NAME ? [SERVER_NAME] : [])];
const payments = await startPayments({
  port: Number(PORT),
  folder,
  names,
  ...(host && { host }),
  ...(pageUrl && { pageUrl }),
  ...(stripeWebhookUrl && { stripeWebhookUrl }),
  ...(paypalWebhookUrl && { paypalWebhookUrl }),
});
closeWithGrace(() => payments.stop());
