/** @type {Map<string, string>} */
const known = new Map();

const darkTheme = matchMedia('(prefers-color-scheme: dark)');
darkTheme.addEventListener('change', () => known.clear());

/** @param {() => void} onChange */
export const watchTheme = (onChange) => darkTheme.addEventListener('change', onChange);

/**
 * The theme's colour from style.css. It is cached: charts ask for many every second, and each computed style forces a layout.
 * @param {string} name of a custom property
 */
export function colourOf(name) {
  const colour = known.get(name) ?? getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  known.set(name, colour);
  return colour;
}

const scratch = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true });

/** A colour as a pixel in ImageData's memory layout. */
function pixelOf(/** @type {string} */ colour) {
  if (!scratch) return 0;
  scratch.fillStyle = colour;
  scratch.fillRect(0, 0, 1, 1);
  return new Uint32Array(scratch.getImageData(0, 0, 1, 1).data.buffer)[0] ?? 0;
}

/** @typedef {ReturnType<typeof seatColours>} SeatColours the colours of seats, and those of a grid's in `pixels` */
export function seatColours() {
  const seats = { free: colourOf('--free'), taken: colourOf('--sold'), blocked: colourOf('--blocked') };
  return {
    ...seats,
    outline: colourOf('--control'),
    label: colourOf('--muted'),
    page: colourOf('--surface'),
    pixels: { free: pixelOf(seats.free), taken: pixelOf(seats.taken), blocked: pixelOf(seats.blocked) },
  };
}
