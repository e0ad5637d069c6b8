/** @import { Hall } from './hall.js' */
/** @import { ZoneSeats } from './seat-map.js' */
/** @import { SeatColours } from './colours.js' */

/** Of a seat's width; the rest is between seats. */
const seatSize = 0.82;
const cornerSize = 0.28;
const labelSize = 0.7;
/** In pixels; below it, labels cannot be read. */
const leastLabelPixels = 9;
const [leastScale, greatestScale] = [3, 28];

/**
 * Draws a hall's seats, tables and labels; style.css scales the canvas, which gets about `pixels` on its longer side.
 * @param {HTMLCanvasElement} canvas
 * @param {Hall} hall
 * @param {ZoneSeats} seats
 * @param {SeatColours} colours
 * @param {number} pixels
 */
export function drawHall(canvas, hall, seats, colours, pixels) {
  const scale = Math.min(greatestScale, Math.max(leastScale, Math.floor(pixels / Math.max(hall.width, hall.height))));
  const [width, height] = [Math.ceil(hall.width * scale), Math.ceil(hall.height * scale)];
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
  const context = canvas.getContext('2d');
  if (!context) return;
  context.clearRect(0, 0, width, height);
  context.strokeStyle = colours.outline;
  context.lineWidth = 1;
  for (const { x, y, radius } of hall.tables) {
    context.beginPath();
    context.arc(x * scale, y * scale, radius * scale, 0, 2 * Math.PI);
    context.stroke();
  }
  drawPlaces(context, hall, seats, colours, scale);
  drawLabels(context, hall, colours, scale);
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Hall} hall
 * @param {ZoneSeats} seats
 * @param {SeatColours} colours
 * @param {number} scale
 */
function drawPlaces(context, hall, seats, colours, scale) {
  const paths = { free: new Path2D(), taken: new Path2D(), blocked: new Path2D() };
  const crosses = new Path2D();
  const size = seatSize * scale;
  for (const { bit, x, y } of hall.seats) {
    const state = seats.stateOf(bit);
    const [left, top] = [x * scale - size / 2, y * scale - size / 2];
    paths[state].roundRect(left, top, size, size, cornerSize * scale);
    if (state !== 'blocked') continue;
    crosses.moveTo(left + size * 0.2, top + size * 0.8);
    crosses.lineTo(left + size * 0.8, top + size * 0.2);
  }
  for (const state of /** @type {const} */ (['free', 'taken', 'blocked'])) {
    context.fillStyle = colours[state];
    context.fill(paths[state]);
  }
  context.strokeStyle = colours.outline;
  context.lineWidth = 1;
  context.stroke(paths.free);
  // Not by colour alone.
  context.strokeStyle = colours.page;
  context.lineWidth = Math.max(1, scale / 10);
  context.stroke(crosses);
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Hall} hall
 * @param {SeatColours} colours
 * @param {number} scale
 */
function drawLabels(context, hall, colours, scale) {
  const pixels = labelSize * scale;
  if (pixels < leastLabelPixels) return;
  context.font = `${pixels}px system-ui, sans-serif`;
  context.fillStyle = colours.label;
  context.textBaseline = 'middle';
  for (const { text, x, y, isTable } of hall.labels) {
    context.textAlign = isTable ? 'center' : 'end';
    context.fillText(text, (x + (isTable ? 0 : 0.3)) * scale, y * scale);
  }
}
