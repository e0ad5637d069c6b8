import { createServer } from 'node:net';
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { afterAll, expect, it } from 'vitest';
import { emulatorEnvironment } from '../../../scripts/local/emulator.ts';
import { awsTimeouts } from './aws-timeouts.ts';

const resources = new AsyncDisposableStack();
afterAll(() => resources.disposeAsync());

it('a request to a server that accepts it and never answers rejects', async () => {
  const server = createServer(() => {});
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  resources.defer(() => void server.close());
  const { port } = server.address() as { port: number };
  const { AWS_ENDPOINT_URL: endpoint, AWS_REGION: region } = emulatorEnvironment(`http://127.0.0.1:${port}`);
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const sns = new SNSClient({ endpoint, region, credentials, maxAttempts: 1, requestHandler: awsTimeouts(100) });
  resources.defer(() => sns.destroy());
  const publish = sns.send(new PublishCommand({ TopicArn: 'arn:aws:sns:us-east-1:000000000000:topic', Message: 'x' }));
  await expect(publish).rejects.toMatchObject({ name: 'TimeoutError' });
});
