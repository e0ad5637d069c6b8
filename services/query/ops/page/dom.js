/**
 * The page's element with this id.
 * @template {HTMLElement} [E=HTMLElement]
 * @param {string} id
 * @param {new () => E} [kind]
 * @returns {E}
 */
export function element(id, kind) {
  const found = document.getElementById(id);
  if (!(found instanceof (kind ?? HTMLElement))) throw new Error(`The page has no such element: #${id}`);
  return /** @type {E} */ (found);
}

/** Writes only if the text differs: most figures stay the same from second to second, and each change costs a layout. */
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
 * A bar of sold, held, free and blocked tickets. Screen readers skip it, because the figures are beside it. Its parts are scaled, because
 * a change of width would lay the page out again for each of hundreds of zones.
 */
export const createBar = () =>
  create('span', 'bar', create('span', 'bar-blocked'), create('span', 'bar-held'), create('span', 'bar-sold'));

/**
 * @param {HTMLElement} bar
 * @param {{ capacity: number, held: number, sold: number, blocked: number } | null} counts null if unknown
 */
export function setBar({ children: [blocked, held, sold] }, counts) {
  const { capacity, held: heldCount, sold: soldCount, blocked: blockedCount } = counts ?? emptyCounts;
  scale(blocked, blockedCount / capacity);
  scale(sold, soldCount / capacity);
  // The held part lies behind the sold part and shows beyond its end.
  scale(held, (soldCount + heldCount) / capacity);
}

const emptyCounts = { capacity: 1, held: 0, sold: 0, blocked: 0 };

function scale(/** @type {Element | undefined} */ part, /** @type {number} */ share) {
  if (part instanceof HTMLElement) part.style.transform = `scaleX(${share})`;
}
