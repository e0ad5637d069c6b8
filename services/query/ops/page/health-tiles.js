import { create, element, setText } from './dom.js';

/** @import { Health } from './health.js' */

const titles = {
  outbox: 'Outbox',
  queue: 'Queue',
  projection: 'Projection',
  conservation: 'Conservation',
  verification: 'Verification',
  payments: 'Payments',
};

/** A tone is shown by a sign and in words too, never by colour alone. */
const signs = { good: '✓', bad: '▲', slow: '▲', plain: '', unknown: '?' };

/** Creates a tile for each part of the system. Returns the function that updates them. */
export function createHealthTiles() {
  const list = element('health-list');
  const tiles = Object.entries(titles).map(([part, title]) => {
    const sign = create('span', 'sign');
    sign.ariaHidden = 'true';
    const value = create('span', '');
    const detail = create('dd', 'detail');
    const tile = create('div', 'tile', create('dt', '', title), create('dd', 'value', sign, value), detail);
    list.append(tile);
    return { part: /** @type {keyof typeof titles} */ (part), tile, sign, value, detail };
  });
  return (/** @type {Partial<Record<keyof typeof titles, Health>>} */ health) => {
    for (const { part, tile, sign, value, detail } of tiles) {
      const known = health[part];
      tile.hidden = !known;
      if (!known) continue;
      const { tone, ...texts } = known;
      tile.dataset['tone'] = tone;
      setText(sign, signs[tone]);
      setText(value, texts.value);
      setText(detail, texts.detail);
    }
  };
}
