import { paintSeats } from './seat-map.js';

/** @import { ZoneSeats } from './seat-map.js' */

/**
 * Draws one pixel per seat; style.css scales the canvas.
 * @param {HTMLCanvasElement} canvas
 * @param {ZoneSeats} seats
 * @param {{ free: number, taken: number }} colours
 */
export function drawSeats(canvas, seats, colours) {
  const { rows, columns } = seats;
  if (canvas.width !== columns) canvas.width = columns;
  if (canvas.height !== rows) canvas.height = rows;
  const pixels = new Uint8ClampedArray(paintSeats(seats, colours).buffer);
  canvas.getContext('2d')?.putImageData(new ImageData(pixels, columns, rows), 0, 0);
}
