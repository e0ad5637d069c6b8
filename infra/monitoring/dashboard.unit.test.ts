import { describe, expect, it } from 'vitest';
import { alerts, thresholdOf } from './alerts.ts';
import { dashboardOf } from './dashboard.ts';
import { rows } from './panels.ts';
import { readExpression } from './promql.ts';

const panels = rows.flatMap(([, ofRow]) => ofRow);
const metricsOf = (expressions: string[]) => expressions.flatMap(readExpression).map(({ metric }) => metric);

/** A histogram's name without the suffix of its series. */
const subjectOf = (metric: string) => metric.replace(/_(bucket|sum|count)$/, '');
const subjectsOf = (expressions: string[]) => new Set(metricsOf(expressions).map(subjectOf));

it('is the dashboard committed in dashboard.json (to change it: npm run dashboard)', async () => {
  const json = `${JSON.stringify(dashboardOf(rows), null, 2)}\n`;
  await expect(json).toMatchFileSnapshot('dashboard.json');
});

describe('the dashboard', () => {
  it.each(panels)('"$title" is valid PromQL, and its legends use only labels that it queries', ({ queries }) => {
    for (const [expression, legend] of queries) {
      const labels = readExpression(expression).flatMap((asked) => asked.labels);
      for (const [, label] of legend.matchAll(/\{\{(\w+)\}\}/g)) expect(labels).toContain(label);
    }
  });

  it('has panels with unique titles that neither overlap nor cross the edge', () => {
    const titles = panels.map(({ title }) => title);
    expect(titles).toEqual([...new Set(titles)]);
    const cells = dashboardOf(rows).panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, at) => ({ column: x + (at % w), line: y + Math.floor(at / w) })),
    );
    expect(new Set(cells.map(({ column, line }) => `${column} ${line}`)).size).toBe(cells.length);
    expect(Math.max(...cells.map(({ column }) => column))).toBeLessThan(24);
  });

  it('draws its lines at the thresholds of alerts about the same metric', () => {
    for (const { title, queries, alertsAbove } of panels) {
      if (alertsAbove === undefined) continue;
      const shown = subjectsOf(queries.map(([expression]) => expression));
      const about = alerts.filter(({ expr }) => !subjectsOf([expr]).isDisjointFrom(shown));
      expect(about.map(thresholdOf), title).toContain(alertsAbove);
    }
  });

  it('shows every metric that has an alert', () => {
    const shown = subjectsOf(panels.flatMap(({ queries }) => queries.map(([expression]) => expression)));
    const alerted = subjectsOf(alerts.map(({ expr }) => expr));
    expect([...alerted.difference(shown)]).toEqual([]);
  });
});
