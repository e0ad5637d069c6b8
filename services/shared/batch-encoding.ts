import { promisify } from 'node:util';
import * as zlib from 'node:zlib';

const gzip = promisify(zlib.gzip);
const gunzip = promisify(zlib.gunzip);

/** What the message attribute `contentEncoding` says of a body that is compressed: gzip (RFC 1952), as text by base64. */
export const compressed = 'gzip+base64';

/** A sale at a quiet time stays readable as it is. */
const worthBytes = 8 * 1024;
/** Many times what any message holds; bounds what a malicious one could unfold to. */
const maxBytes = 4 * 1024 * 1024;
/** As fast as level 1 with text like this, and smaller. */
const level = 3;

export type EncodedBatch = { body: string; contentEncoding?: typeof compressed };

/**
 * A batch of domain events, JSON, as the body of a message. At a peak it is compressed to a tenth: SNS and SQS bill each 64 KB, and
 * what publishes, delivers and reads a message spends most of its time on bytes.
 */
export async function encodeBatch(json: string): Promise<EncodedBatch> {
  if (json.length < worthBytes) return { body: json };
  const body = (await gzip(json, { level })).toString('base64');
  return body.length < json.length ? { body, contentEncoding: compressed } : { body: json };
}

/** The JSON of a message's body. Rejects where it is not what `contentEncoding` says, or unfolds to more than 4 MiB. */
export async function decodeBatch(body: string, contentEncoding: string | undefined): Promise<string> {
  if (contentEncoding !== compressed) return body;
  return (await gunzip(Buffer.from(body, 'base64'), { maxOutputLength: maxBytes })).toString();
}
