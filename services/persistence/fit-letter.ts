import type { MessageAttributeValue } from '@aws-sdk/client-sqs';
import { compressBatch } from '../shared/batch-encoding.ts';
import { messaging } from '../shared/resources.ts';
import type { Rejected } from './read-message.ts';

/** A message that SQS takes. `bytes` counts as SQS does: the body, and the names, types and values of the attributes. */
export type Sendable = { body: string; attributes: Record<string, MessageAttributeValue>; bytes: number };

/** The attribute that marks a letter with only the beginning of its body: how many bytes the whole had. */
export const cutFromBytes = 'cutFromBytes';

const maxReasonCharacters = 1_000;
/** All that SQS does not take in bodies and attributes. Characters past U+FFFF, of which its documents disagree, are among them. */
const untakable = /[^\t\n\r\x20-\uD7FF\uE000-\uFFFD]/;

/**
 * Returns a letter as SQS takes it: as it is; else, if it is too long or has a character that SQS refuses, compressed; else cut.
 */
export async function fitLetter(letter: Rejected): Promise<Sendable> {
  const { body, contentEncoding } = letter;
  const plain = sendable(letter, body, { contentEncoding });
  if (isTakable(plain)) return plain;
  if (contentEncoding === undefined) {
    const encoded = await compressBatch(body);
    const compressed = sendable(letter, encoded.body, { contentEncoding: encoded.contentEncoding });
    if (isTakable(compressed)) return compressed;
  }
  return cutLetter(letter, messaging.maxMessageBytes);
}

/** Returns a letter with as much of its body as `maxBytes` leave room for, and U+FFFD for each character that SQS refuses. */
export function cutLetter(letter: Rejected, maxBytes: number): Sendable {
  const attributes = { [cutFromBytes]: String(Buffer.byteLength(letter.body)) };
  const room = maxBytes - sendable(letter, '', attributes).bytes;
  const text = Buffer.from(letter.body.replace(new RegExp(untakable, 'g'), '\ufffd'));
  // A stream leaves out the character that the cut goes through.
  return sendable(letter, new TextDecoder().decode(text.subarray(0, room), { stream: true }), attributes);
}

function sendable({ reason, messageId }: Rejected, body: string, more: Record<string, string | undefined>): Sendable {
  const texts = Object.entries({ reason: printable(reason), messageId, ...more });
  const attributes = Object.fromEntries(texts.flatMap(([name, text]) => (text ? [[name, textAttribute(text)]] : [])));
  const bytes = texts.reduce((sum, [name, text]) => (text ? sum + Buffer.byteLength(`${name}String${text}`) : sum), 0);
  return { body, attributes, bytes: Buffer.byteLength(body) + bytes };
}

const textAttribute = (StringValue: string): MessageAttributeValue => ({ DataType: 'String', StringValue });

const isTakable = ({ body, attributes, bytes }: Sendable) =>
  bytes <= messaging.maxMessageBytes &&
  ![body, ...Object.values(attributes).map(({ StringValue = '' }) => StringValue)].some((text) => untakable.test(text));

/** A reason may quote what came from outside. */
const printable = (reason: string) => reason.replace(/[^\x20-\x7e]/g, '?').slice(0, maxReasonCharacters);
