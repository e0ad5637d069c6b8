import type { MessageAttributeValue } from '@aws-sdk/client-sqs';
import { compressBatch } from './batch-encoding.ts';
import { messaging } from './messaging.ts';

/**
 * A dead letter: a body that can be redriven, the reason why it was rejected, and the id of its SQS message. `contentEncoding` is set if
 * the body is still encoded, and `entry` if the letter is one entry of a batch.
 */
export type DeadLetter = { messageId: string; body: string; contentEncoding?: string; reason: string; entry?: unknown };

/** A message that SQS accepts. `bytes` counts as SQS does: the body, and the names, types and values of the attributes. */
export type Sendable = { body: string; attributes: Record<string, MessageAttributeValue>; bytes: number };

/** The attribute of a truncated letter: the bytes of the whole body. */
export const cutFromBytes = 'cutFromBytes';

const maxReasonCharacters = 1_000;
/** Characters that SQS does not accept. Its documents disagree about characters past U+FFFF, so they count as invalid here. */
const invalid = /[^\t\n\r\x20-\uD7FF\uE000-\uFFFD]/;

/**
 * Turns a letter into a message that SQS accepts. A letter that is too long or has invalid characters is compressed, which keeps all of
 * it. If that does not help, it is truncated.
 */
export async function fitLetter(letter: DeadLetter): Promise<Sendable> {
  const { body, contentEncoding } = letter;
  const plain = sendable(letter, body, { contentEncoding });
  if (isAccepted(plain)) return plain;
  if (contentEncoding === undefined) {
    const encoded = await compressBatch(body);
    const compressed = sendable(letter, encoded.body, { contentEncoding: encoded.contentEncoding });
    if (isAccepted(compressed)) return compressed;
  }
  return cutLetter(letter, messaging.maxMessageBytes);
}

/** Truncates a letter's body so that the message has at most `maxBytes`, and replaces invalid characters by U+FFFD. */
export function cutLetter(letter: DeadLetter, maxBytes: number): Sendable {
  const attributes = { [cutFromBytes]: String(Buffer.byteLength(letter.body)) };
  const room = maxBytes - sendable(letter, '', attributes).bytes;
  const text = Buffer.from(letter.body.replace(new RegExp(invalid, 'g'), '\ufffd'));
  // With `stream`, the decoder omits a character that is cut in two.
  return sendable(letter, new TextDecoder().decode(text.subarray(0, room), { stream: true }), attributes);
}

function sendable({ reason, messageId }: DeadLetter, body: string, more: Record<string, string | undefined>): Sendable {
  const texts = Object.entries({ reason: printable(reason), messageId, ...more });
  const attributes = Object.fromEntries(texts.flatMap(([name, text]) => (text ? [[name, textAttribute(text)]] : [])));
  const bytes = texts.reduce((sum, [name, text]) => (text ? sum + Buffer.byteLength(`${name}String${text}`) : sum), 0);
  return { body, attributes, bytes: Buffer.byteLength(body) + bytes };
}

const textAttribute = (StringValue: string): MessageAttributeValue => ({ DataType: 'String', StringValue });

const isAccepted = ({ body, attributes, bytes }: Sendable) =>
  bytes <= messaging.maxMessageBytes &&
  ![body, ...Object.values(attributes).map(({ StringValue = '' }) => StringValue)].some((text) => invalid.test(text));

/** A reason may quote outside data. */
const printable = (reason: string) => reason.replace(/[^\x20-\x7e]/g, '?').slice(0, maxReasonCharacters);
