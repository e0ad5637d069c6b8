import { describe, expect, it } from 'vitest';
import { costOfHour, costOfMillion, sum } from './cost.ts';
import { environments, readSettings } from './settings.ts';

const total = (cost: [string, number][]) => sum(cost.map(([, usd]) => usd));
const part = (cost: [string, number][], name: string) => cost.find(([what]) => what === name)?.[1];

describe('the cost', () => {
  it.each(environments)('of %s has a price for everything that its settings name', (environment) => {
    expect(total(costOfHour(readSettings(environment)))).toBeGreaterThan(0);
    expect(total(costOfMillion(readSettings(environment)))).toBeGreaterThan(0);
  });

  it('grows with tasks, nodes, instances and gateways, each by its own price', () => {
    const dev = readSettings('dev');
    const hour = costOfHour({
      ...dev,
      natGateways: 'one in each zone',
      redis: { ...dev.redis, nodeType: 'cache.r7g.large', shards: 3, replicasPerShard: 1, kind: 'cluster' },
      database: { ...dev.database, readers: 2 },
      services: { ...dev.services, purchase: { cpu: 2048, memoryMiB: 4096, minTasks: 3, maxTasks: 6, cpuPercent: 60 } },
    });
    expect(part(hour, 'Redis')).toBeCloseTo(6 * 0.219, 6);
    expect(part(hour, 'Aurora')).toBeCloseTo(3 * 0.073, 6);
    expect(part(hour, 'NAT gateways')).toBeCloseTo(2 * 0.05, 6);
    const purchase = 3 * (2 * 0.03238 + 4 * 0.00356);
    const others = 5 * (0.25 * 0.03238 + 0.5 * 0.00356);
    expect(part(hour, 'tasks')).toBeCloseTo(purchase + others, 6);
  });

  it('of a node without a price is an error that names the node', () => {
    const dev = readSettings('dev');
    expect(() => costOfHour({ ...dev, redis: { ...dev.redis, nodeType: 'cache.x9.huge' } })).toThrow('cache.x9.huge');
  });
});
