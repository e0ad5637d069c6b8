import { type Notice, WebhookForged } from './provider.ts';

/** The parts of an event that we read. `resource` is an order, an authorization, a capture, a refund or a dispute. */
type PaypalEvent = {
  id: string;
  event_type: string;
  resource_type?: string;
  resource: {
    id?: string;
    order_id?: string;
    supplementary_data?: { related_ids?: { order_id?: string } };
    disputed_transactions?: { seller_transaction_id?: string }[];
  };
};

/** The question to PayPal whether it has sent this, and the event. Throws a WebhookForged for what PayPal cannot have sent. */
export function readDelivery(
  rawBody: Buffer,
  headers: Record<string, string | string[] | undefined>,
  { webhookId, url }: { webhookId: string; url: string },
): { question: string; event: PaypalEvent } {
  const fields: Record<string, string> = { webhook_id: webhookId };
  for (const [field, header] of Object.entries(signatureHeaders)) {
    const value = headers[header];
    if (typeof value !== 'string') throw new WebhookForged(`PayPal: no ${header}`);
    fields[field] = value;
  }
  if (!isTheirs(fields.cert_url ?? '', url)) throw new WebhookForged("PayPal: the certificate is not at PayPal's");
  const text = rawBody.toString();
  let event: PaypalEvent;
  try {
    event = JSON.parse(text) as PaypalEvent;
  } catch {
    throw new WebhookForged('PayPal: the body is not JSON');
  }
  if (typeof event?.id !== 'string' || typeof event.event_type !== 'string' || typeof event.resource !== 'object')
    throw new WebhookForged('PayPal: the body is not an event');
  // PayPal has signed these very bytes, and JSON that is written anew may differ.
  const question = `${JSON.stringify(fields).slice(0, -1)},"webhook_event":${text}}`;
  return { question, event };
}

/** The field of the question, and the header that it comes from. */
const signatureHeaders = {
  transmission_id: 'paypal-transmission-id',
  transmission_time: 'paypal-transmission-time',
  transmission_sig: 'paypal-transmission-sig',
  auth_algo: 'paypal-auth-algo',
  cert_url: 'paypal-cert-url',
};

/** A certificate of another host would be pointless to ask PayPal about. */
function isTheirs(certUrl: string, url: string): boolean {
  const host = URL.parse(certUrl)?.hostname;
  return host !== undefined && (host === new URL(url).hostname || host.endsWith('.paypal.com'));
}

/** What an event is about. `orderOf`: the order of a capture. */
export async function noticeOf(
  event: PaypalEvent,
  orderOf: (captureId: string) => Promise<string | undefined>,
): Promise<Notice | undefined> {
  const { id: eventId, event_type: type, resource } = event;
  const [family, about] = type.split('.');
  const orderId = resource.supplementary_data?.related_ids?.order_id;
  if (refundTypes.includes(type)) {
    if (!resource.id) return undefined;
    return { eventId, type, refundRef: resource.id, ...(orderId && { paymentRef: orderId }) };
  }
  if (family === 'CUSTOMER' && about === 'DISPUTE') {
    const capture = resource.disputed_transactions?.[0]?.seller_transaction_id;
    const paymentRef = capture && (await orderOf(capture));
    return paymentRef ? { eventId, type, paymentRef } : undefined;
  }
  if (family === 'PAYMENT') return orderId ? { eventId, type, paymentRef: orderId } : undefined;
  const paymentRef = family === 'CHECKOUT' ? (resource.order_id ?? resource.id) : undefined;
  return paymentRef ? { eventId, type, paymentRef } : undefined;
}

const refundTypes = ['PAYMENT.CAPTURE.REFUNDED', 'PAYMENT.REFUND.PENDING', 'PAYMENT.REFUND.FAILED', 'PAYMENT.REFUND.COMPLETED'];
