/** One request to SNS or SQS. `payloadBytes` counts the messages that it sent or, for ReceiveMessage, returned. */
export type AwsRequest = { service: 'sns' | 'sqs'; action: string; payloadBytes: number };

/** Requests by `service.action`; `billed` is how many AWS charges for. */
export type Tally = Record<string, { requests: number; billed: number; payloadBytes: number }>;

/** "Every 64 KB chunk of a payload is billed as 1 request": aws.amazon.com/sqs/pricing; the same at aws.amazon.com/sns/pricing. */
const chunkBytes = 65_536;

/** USD per million requests in us-east-1, standard topic and queue, beyond the free tier. Delivery from SNS to SQS is free. */
const pricePerMillion = { sns: 0.5, sqs: 0.4 };

type Sent = { target: string | undefined; body: string; answer: string };

/** Parses a request. SQS uses JSON and names the action in the x-amz-target header; SNS names it in a form-encoded body. */
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

/** The messages in a ReceiveMessage response or a SendMessageBatch request; other actions have none. */
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

/** The cost of the requests at list price, in USD. */
export const costOf = (tally: Tally) =>
  sum(
    Object.entries(tally).map(([name, { billed }]) => (billed * pricePerMillion[name.startsWith('sns') ? 'sns' : 'sqs']) / 1e6),
  );

const sum = (numbers: number[]) => numbers.reduce((total, number) => total + number, 0);
