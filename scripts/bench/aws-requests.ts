/** One request to SNS or SQS: what it was, and the bytes of the messages that it carried or, of ReceiveMessage, brought. */
export type AwsRequest = { service: 'sns' | 'sqs'; action: string; payloadBytes: number };

/** Requests by `service.action`; `billed` counts as AWS does. */
export type Tally = Record<string, { requests: number; billed: number; payloadBytes: number }>;

/** "Every 64 KB chunk of a payload is billed as 1 request": aws.amazon.com/sqs/pricing; the same at aws.amazon.com/sns/pricing. */
const chunkBytes = 65_536;

/** USD for a million requests, us-east-1, standard topic and queue, past the free tier; delivery from SNS to SQS is free. */
const pricePerMillion = { sns: 0.5, sqs: 0.4 };

type Sent = { target: string | undefined; body: string; answer: string };

/** Reads a request: SQS names its action in the header x-amz-target and speaks JSON, SNS does it in the form that is its body. */
export function readAwsRequest({ target, body, answer }: Sent): AwsRequest {
  if (target?.startsWith('AmazonSQS.')) {
    const action = target.slice('AmazonSQS.'.length);
    const carried = action === 'ReceiveMessage' ? messagesIn(answer) : messagesIn(body);
    return { service: 'sqs', action, payloadBytes: sum(carried.map((message) => Buffer.byteLength(message))) };
  }
  const form = [...new URLSearchParams(body)];
  const action = form.find(([name]) => name === 'Action')?.[1] ?? 'unknown';
  const carried = form.filter(([name]) => /(^|\.)(Message|Name|DataType|StringValue)$/.test(name));
  return { service: 'sns', action, payloadBytes: sum(carried.map(([, value]) => Buffer.byteLength(value))) };
}

type SqsMessages = { Messages?: { Body: string; MessageAttributes?: object }[]; Entries?: { MessageBody?: string }[] };

/** The messages of a ReceiveMessage's answer or of a SendMessageBatch; other actions have none. */
function messagesIn(json: string): string[] {
  const { Messages = [], Entries = [] } = JSON.parse(json || '{}') as SqsMessages;
  const received = Messages.flatMap(({ Body, MessageAttributes }) => [
    Body,
    MessageAttributes ? JSON.stringify(MessageAttributes) : '',
  ]);
  return [...received, ...Entries.map(({ MessageBody = '' }) => MessageBody)];
}

export function addRequest(tally: Tally, { service, action, payloadBytes }: AwsRequest): void {
  const name = `${service}.${action}`;
  const entry = tally[name] ?? { requests: 0, billed: 0, payloadBytes: 0 };
  tally[name] = entry;
  entry.requests++;
  entry.billed += Math.max(1, Math.ceil(payloadBytes / chunkBytes));
  entry.payloadBytes += payloadBytes;
}

export const requestsIn = (tally: Tally) => sum(Object.values(tally).map(({ requests }) => requests));

/** What the requests cost at list price, in USD. */
export const costOf = (tally: Tally) =>
  sum(
    Object.entries(tally).map(([name, { billed }]) => (billed * pricePerMillion[name.startsWith('sns') ? 'sns' : 'sqs']) / 1e6),
  );

const sum = (numbers: number[]) => numbers.reduce((total, number) => total + number, 0);
