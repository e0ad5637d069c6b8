import { drawHall } from './draw-hall.js';
import { paintSeats } from './seat-map.js';

/** @import { SeatColours } from './colours.js' */
/** @import { Hall } from './hall.js' */
/** @import { ZoneSeats } from './seat-map.js' */

/** @typedef {object} Drawing what is drawn of an event's zones; a hall is drawn once its plan is known
 * @property {ReadonlyMap<number, ZoneSeats>} seats
 * @property {ReadonlyMap<number, Hall>} halls
 * @property {SeatColours} colours
 */

/**
 * Draws a zone: a hall as it is, and a grid as one pixel per seat; style.css scales the canvas.
 * @param {HTMLCanvasElement} canvas
 * @param {{ zoneId: number, isHall: boolean }} zone
 * @param {Drawing} drawing
 * @param {number} pixels of the longer side of a hall, about
 */
export function drawSeats(canvas, { zoneId, isHall }, { seats: allSeats, halls, colours }, pixels) {
  const [seats, hall] = [allSeats.get(zoneId), halls.get(zoneId)];
  if (!seats || (isHall && !hall)) return;
  canvas.classList.toggle('hall', isHall);
  if (hall && isHall) return drawHall(canvas, hall, seats, colours, pixels);
  const { rows, columns } = seats;
  if (canvas.width !== columns) canvas.width = columns;
  if (canvas.height !== rows) canvas.height = rows;
  const painted = new Uint8ClampedArray(paintSeats(seats, colours.pixels).buffer);
  canvas.getContext('2d')?.putImageData(new ImageData(painted, columns, rows), 0, 0);
}
