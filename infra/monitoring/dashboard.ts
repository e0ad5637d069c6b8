import type { Panel } from './panels.ts';

const [width, height, inARow] = [8, 7, 3];
const headerHeight = 1;

/** The user chooses it when opening the dashboard. */
const datasource = { type: 'prometheus', uid: '${datasource}' };

/** A dashboard for Grafana 11 or later: https://grafana.com/docs/grafana/latest/dashboards/build-dashboards/view-dashboard-json-model */
export function dashboardOf(rows: [title: string, panels: Panel[]][]) {
  let nextY = 0;
  const panels = rows.flatMap(([title, ofRow]) => {
    const y = nextY;
    nextY += headerHeight + height * Math.ceil(ofRow.length / inARow);
    const header = { type: 'row', title, collapsed: false, panels: [], gridPos: { x: 0, y, w: 24, h: headerHeight } };
    const charts = ofRow.map((panel, at) => ({
      ...chartOf(panel),
      gridPos: {
        x: width * (at % inARow),
        y: y + headerHeight + height * Math.floor(at / inARow),
        w: width,
        h: height,
      },
    }));
    return [header, ...charts];
  });
  return {
    uid: 'onsale',
    title: 'Onsale',
    description: "From the buyers' requests to the projection. Generated from infra/monitoring/panels.ts by npm run dashboard",
    schemaVersion: 39,
    refresh: '10s',
    time: { from: 'now-30m', to: 'now' },
    // All panels share one crosshair.
    graphTooltip: 1,
    annotations: { list: [] },
    templating: { list: [{ type: 'datasource', name: 'datasource', label: 'Prometheus', query: 'prometheus' }] },
    panels: panels.map((panel, at) => ({ id: at + 1, ...panel })),
  };
}

function chartOf({ title, says, unit, queries, alertsAbove }: Panel) {
  const hasAlert = alertsAbove !== undefined;
  return {
    type: 'timeseries',
    title,
    ...(says && { description: says }),
    datasource,
    fieldConfig: {
      defaults: {
        unit,
        min: 0,
        custom: { fillOpacity: 10, showPoints: 'never', thresholdsStyle: { mode: hasAlert ? 'dashed' : 'off' } },
        thresholds: {
          mode: 'absolute',
          steps: [{ color: 'green', value: null }, ...(hasAlert ? [{ color: 'red', value: alertsAbove }] : [])],
        },
      },
      overrides: [],
    },
    options: {
      legend: { showLegend: true, displayMode: 'list', placement: 'bottom', calcs: [] },
      tooltip: { mode: 'multi', sort: 'desc' },
    },
    targets: queries.map(([expr, legendFormat], at) => ({
      refId: String.fromCharCode('A'.charCodeAt(0) + at),
      datasource,
      expr,
      legendFormat,
    })),
  };
}
