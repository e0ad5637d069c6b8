import { colourOf } from './colours.js';
import { create, setText } from './dom.js';
import { formatMinute, unknown } from './format.js';
import { windowSeconds } from './seconds.js';
import uPlot from './uPlot.esm.js';

/** @typedef {(number | null)[]} Column */

/**
 * @typedef {object} ChartDescription
 * @property {string} title with the unit
 * @property {(value: number) => string} format formats a value for the legend
 * @property {(value: number) => string} axis formats a value for the axis
 * @property {string[]} lines the lines' names
 * @property {boolean} [isFilled]
 */

/** Dash patterns, for viewers who cannot tell the colours apart. */
const dashes = [[], [8, 4], [2, 3], [8, 3, 2, 3], [14, 4], [4, 4], [1, 5]];

/** Axis steps of 1, 2 and 5 times powers of ten; no fractions, because the charts show counts. */
const steps = Array.from({ length: 13 }, (_, power) => [1, 2, 5].map((digit) => digit * 10 ** power)).flat();

/**
 * A figure with a chart of the last minutes, a legend with the latest values, and both in words for screen readers.
 * @param {HTMLElement} parent
 * @param {ChartDescription} description
 */
export function createChart(parent, { title, format, axis, lines, isFilled = false }) {
  const legend = create('ul', 'chart-legend');
  const plotted = create('div', 'chart-plot');
  plotted.role = 'img';
  const caption = create('figcaption', '', create('h3', '', title), legend);
  parent.append(create('figure', 'tile chart', caption, plotted));
  const items = lines.map((name, at) => createLegendItem(legend, name, at));

  const series = lines.map((_, at) => ({
    stroke: () => colourOf(`--line-${at + 1}`),
    ...(isFilled && { fill: () => colourOf('--line-fill') }),
    width: 2,
    dash: dashes[at] ?? [],
    points: { show: false, filter: aloneIn, size: 4 },
  }));
  const rem = Number.parseFloat(getComputedStyle(document.documentElement).fontSize);
  const grid = { stroke: () => colourOf('--line'), width: 1 };
  const common = { stroke: () => colourOf('--muted'), font: `${0.75 * rem}px system-ui, sans-serif`, ticks: { show: false } };
  const sizeOf = () => ({ width: plotted.clientWidth || 300, height: plotted.clientHeight || 150 });
  /** @param {uPlot} _ @param {string[] | null} labels */
  const widthFor = (_, labels) => Math.max(3.5, ...(labels ?? []).map(({ length }) => 0.45 * length + 0.6)) * rem;
  const plot = new uPlot(
    {
      ...sizeOf(),
      legend: { show: false },
      cursor: { show: false },
      padding: [rem / 2, 1.75 * rem, 0, 0],
      scales: {
        x: { time: true, range: (_, __, max) => [max - windowSeconds + 1, max] },
        y: { range: (_, __, max) => [0, roundUp(max)] },
      },
      axes: [
        {
          ...common,
          grid: { show: false },
          size: 1.5 * rem,
          space: 4 * rem,
          incrs: [60, 120, 300],
          values: (_, splits) => splits.map((at) => formatMinute(at * 1000)),
        },
        { ...common, grid, size: widthFor, incrs: steps, space: 2 * rem, values: (_, splits) => splits.map(axis) },
      ],
      series: [{}, ...series],
    },
    undefined,
    plotted,
  );
  new ResizeObserver(() => plot.setSize(sizeOf())).observe(plotted);

  return {
    /**
     * @param {number[]} at when, in milliseconds since 1970
     * @param {Column[]} columns one for each line
     * @param {(string | undefined)[]} [names] of the lines; a line without a name is left out
     */
    show(at, columns, names = lines) {
      plot.setData([at.map((ms) => ms / 1000), ...columns]);
      const words = columns.flatMap((column, line) => {
        const name = names[line];
        const last = column.at(-1) ?? null;
        const now = last === null ? unknown : format(last);
        items[line]?.show(name, now);
        const isAlone = columns.length === 1;
        return name === undefined
          ? []
          : [`${isAlone ? '' : `${name} `}now ${last === null ? 'unknown' : now}, peak ${format(highestOf(column))}`];
      });
      plotted.ariaLabel = `${title}, the last 5 minutes: ${words.length > 0 ? words.join('; ') : 'none'}`;
    },

    /** Call it after the theme has changed. */
    redraw: () => plot.redraw(false, true),
  };
}

/** A value between two gaps needs a point, because no line shows it. @param {uPlot} plot @param {number} line */
function aloneIn(plot, line) {
  const values = plot.data[line] ?? [];
  const isAlone = (/** @type {number} */ at) => values[at] != null && values[at - 1] == null && values[at + 1] == null;
  return Array.from(values.keys()).filter(isAlone);
}

const highestOf = (/** @type {Column} */ column) =>
  column.reduce((/** @type {number} */ highest, value) => Math.max(highest, value ?? 0), 0);

/** The end of an axis: a little above the highest value, rounded up to a step. */
function roundUp(/** @type {number | null} */ highest) {
  const least = Math.max(1, (highest ?? 0) * 1.05);
  const power = 10 ** Math.floor(Math.log10(least));
  return [1, 1.5, 2, 3, 4, 5, 6, 8, 10].map((digit) => digit * power).find((end) => end >= least) ?? least;
}

/** @param {HTMLElement} legend @param {string} text @param {number} at */
function createLegendItem(legend, text, at) {
  const swatch = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  swatch.setAttribute('class', `swatch line-${at + 1}`);
  swatch.setAttribute('viewBox', '0 0 20 8');
  const stroke = document.createElementNS('http://www.w3.org/2000/svg', 'line');
  for (const [name, value] of Object.entries({ x1: 0, x2: 20, y1: 4, y2: 4, 'stroke-dasharray': (dashes[at] ?? []).join(' ') })) {
    stroke.setAttribute(name, String(value));
  }
  swatch.append(stroke);
  const name = create('span', '', text);
  const value = create('b', '');
  const item = create('li', '', swatch, name, ' ', value);
  legend.append(item);
  return {
    /** @param {string | undefined} shown @param {string} now */
    show(shown, now) {
      item.hidden = shown === undefined;
      setText(name, shown ?? '');
      setText(value, now);
    },
  };
}
