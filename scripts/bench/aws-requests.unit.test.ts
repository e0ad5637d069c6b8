import { describe, expect, it } from 'vitest';
import { addRequest, costOf, readAwsRequest, requestsIn, type Tally } from './aws-requests.ts';

const tallyOf = (...requests: Parameters<typeof addRequest>[1][]) => {
  const tally: Tally = {};
  for (const request of requests) addRequest(tally, request);
  return tally;
};

describe('reading a request', () => {
  it('recognises SNS by its form and counts the decoded messages and attributes as payload', () => {
    const entry = 'PublishBatchRequestEntries.member.1';
    const body = new URLSearchParams({
      Action: 'PublishBatch',
      TopicArn: 'arn:aws:sns:us-east-1:000000000000:ticket-events',
      [`${entry}.Id`]: '0',
      [`${entry}.Message`]: '["ü"]',
      [`${entry}.MessageAttributes.entry.1.Name`]: 'eventId',
      [`${entry}.MessageAttributes.entry.1.Value.DataType`]: 'String',
      [`${entry}.MessageAttributes.entry.1.Value.StringValue`]: 'E1',
    }).toString();
    const payloadBytes = 6 + 'eventId'.length + 'String'.length + 'E1'.length;
    expect(readAwsRequest({ target: undefined, body, answer: '<xml/>' })).toEqual({
      service: 'sns',
      action: 'PublishBatch',
      payloadBytes,
    });
  });

  it.each([
    ['ReceiveMessage', '{"WaitTimeSeconds":20}', '{"Messages":[{"Body":"1234"},{"Body":"56"}]}', 6],
    ['ReceiveMessage', '{}', '{}', 0],
    ['DeleteMessageBatch', '{"Entries":[{"Id":"1","ReceiptHandle":"long"}]}', '{"Successful":[{"Id":"1"}]}', 0],
    ['SendMessageBatch', '{"Entries":[{"MessageBody":"123"}]}', '{}', 3],
    ['ChangeMessageVisibility', '{}', '', 0],
  ])('recognises SQS by its header: %s', (action, body, answer, payloadBytes) => {
    expect(readAwsRequest({ target: `AmazonSQS.${action}`, body, answer })).toEqual({ service: 'sqs', action, payloadBytes });
  });
});

describe('the bill', () => {
  it.each([
    [0, 1],
    [65_536, 1],
    [65_537, 2],
    [262_144, 4],
  ])('counts %d bytes as %d requests', (payloadBytes, billed) => {
    const tally = tallyOf({ service: 'sns', action: 'PublishBatch', payloadBytes });
    expect(tally).toEqual({ 'sns.PublishBatch': { requests: 1, billed, payloadBytes } });
  });

  it('charges each service at its own price', () => {
    const publish = { service: 'sns', action: 'PublishBatch', payloadBytes: 262_144 } as const;
    const receive = { service: 'sqs', action: 'ReceiveMessage', payloadBytes: 65_537 } as const;
    const remove = { service: 'sqs', action: 'DeleteMessageBatch', payloadBytes: 0 } as const;
    const tally = tallyOf(publish, publish, receive, remove);
    expect(requestsIn(tally)).toBe(4);
    expect(costOf(tally)).toBeCloseTo((8 * 0.5 + 3 * 0.4) / 1e6, 12);
  });
});
