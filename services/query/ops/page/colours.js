/**
 * The theme's colours, as style.css has them; read anew when the theme changes.
 * @param {string} name of a custom property
 */
export const colourOf = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

const scratch = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true });

/** A colour as a pixel of an ImageData lies in memory. */
export function pixelOf(/** @type {string} */ colour) {
  if (!scratch) return 0;
  scratch.fillStyle = colour;
  scratch.fillRect(0, 0, 1, 1);
  return new Uint32Array(scratch.getImageData(0, 0, 1, 1).data.buffer)[0] ?? 0;
}

export const seatColours = () => ({ free: pixelOf(colourOf('--free')), taken: pixelOf(colourOf('--sold')) });

/** @param {() => void} onChange */
export function watchTheme(onChange) {
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', onChange);
}
