import { expect, it } from 'vitest';
import { readExpression } from './promql.ts';

it.each([
  { expression: 'up == 0', asks: [{ metric: 'up', labels: [] }] },
  {
    expression: 'histogram_quantile(0.99, sum by (le, zone) (rate(a_bucket{code=~"5..", le!="1"}[$__rate_interval]))) > 2',
    asks: [{ metric: 'a_bucket', labels: ['code', 'le', 'zone'] }],
  },
  {
    expression: 'max(sum(a) by (b)) / on (b) c{d="e"}',
    asks: [
      { metric: 'a', labels: ['b'] },
      { metric: 'c', labels: ['d'] },
    ],
  },
])('finds the metrics and labels that an expression queries: $expression', ({ expression, asks }) => {
  expect(readExpression(expression)).toEqual(asks);
});

it.each(['sum by (', 'rate(a[5m]', 'a > > 2', 'a{b=c}', ''])('throws if an expression does not parse: %s', (expression) => {
  expect(() => readExpression(expression)).toThrow('does not parse');
});

it('throws if a selector does not name its metric, because it could not be checked', () => {
  expect(() => readExpression('{job="purchase"}')).toThrow('does not name a metric');
});
