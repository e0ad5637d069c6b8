import { Type } from 'typebox';
import { expect, it } from 'vitest';
import { silentLogger } from '../../../scripts/testing/silent-logger.ts';
import { createMetrics } from '../telemetry/metrics.ts';
import { createHttpServer } from './http-server.ts';
import { measureRequests } from './measure-requests.ts';

it('requests are counted by route and status; all requests that match no route share one series', async () => {
  const app = createHttpServer({ logger: silentLogger });
  const { registry } = createMetrics();
  const schema = { params: Type.Object({ number: Type.Integer() }) };
  app.get('/things/:number', { schema }, ({ params }) => {
    if (params.number === 13) throw new Error('a bug');
    return 'ok';
  });
  measureRequests(app, registry);
  for (const url of ['/things/1', '/things/2', '/things/x', '/things/13', '/nothing/1', '/nothing/2']) await app.inject({ url });

  const { values = [] } = (await registry.getSingleMetric('http_server_request_duration_seconds')?.get()) ?? {};
  const counts = (values as { metricName?: string; labels: Record<string, unknown>; value: number }[])
    .filter(({ metricName }) => metricName === 'http_server_request_duration_seconds_count')
    .map(({ labels, value }) => [
      labels['http_request_method'],
      labels['http_route'],
      labels['http_response_status_code'],
      value,
    ]);
  expect(counts).toEqual([
    ['GET', '/things/:number', 200, 2],
    ['GET', '/things/:number', 400, 1],
    ['GET', '/things/:number', 500, 1],
    ['GET', '', 404, 2],
  ]);
});
