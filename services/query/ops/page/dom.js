/**
 * The page's element with this id.
 * @template {HTMLElement} [E=HTMLElement]
 * @param {string} id
 * @param {new () => E} [kind]
 * @returns {E}
 */
export function element(id, kind) {
  const found = document.getElementById(id);
  if (!(found instanceof (kind ?? HTMLElement))) throw new Error(`The page has no such element: ${id}`);
  return /** @type {E} */ (found);
}

/** Only where it differs: a second's news is mostly what was there before, and each change costs a layout. */
export function setText(/** @type {Element} */ node, /** @type {string} */ text) {
  if (node.textContent !== text) node.textContent = text;
}

/**
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {string} className
 * @param {...(Node | string)} children
 */
export function create(tag, className, ...children) {
  const node = document.createElement(tag);
  node.className = className;
  node.append(...children);
  return node;
}

/**
 * A bar of what is sold, held and free; says nothing to a screen reader, as the figures are beside it. Scaled, as a width would lay
 * the page out anew for each of hundreds of zones.
 */
export const createBar = () => create('span', 'bar', create('span', 'bar-held'), create('span', 'bar-sold'));

/**
 * @param {HTMLElement} bar
 * @param {{ capacity: number, held: number, sold: number } | null} counts null where they are not known
 */
export function setBar({ children: [held, sold] }, counts) {
  const { capacity, held: heldCount, sold: soldCount } = counts ?? { capacity: 1, held: 0, sold: 0 };
  scale(sold, soldCount / capacity);
  // What is held lies behind what is sold, and is seen where it is longer.
  scale(held, (soldCount + heldCount) / capacity);
}

function scale(/** @type {Element | undefined} */ part, /** @type {number} */ share) {
  if (part instanceof HTMLElement) part.style.transform = `scaleX(${share})`;
}
