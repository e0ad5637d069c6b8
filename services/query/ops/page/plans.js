import { hallOf } from './hall.js';

/** @import { CatalogueEvent } from '../../queries/catalogue.ts' */
/** @import { ZonePlan } from '../../queries/zone-plan.ts' */
/** @import { Hall } from './hall.js' */

/**
 * The halls among an event's zones, as they are drawn.
 * @param {(zoneIds: number[]) => void} onChange called with the zones to draw
 */
export function createPlans(onChange) {
  /** @type {Map<number, Hall>} */
  const halls = new Map();
  return {
    halls,

    /**
     * Reads the plans again: the server answers with few bytes if nothing has changed. What cannot be read stays as it is.
     * @param {CatalogueEvent} event
     */
    async read({ eventId, zones }) {
      const changed = zones.filter(({ isHall }) => isHall).map(({ zoneId }) => readOne(eventId, zoneId));
      onChange((await Promise.all(changed)).filter((zoneId) => zoneId !== undefined));
    },
  };

  /** @param {string} eventId @param {number} zoneId */
  async function readOne(eventId, zoneId) {
    try {
      const path = `/query/api/v1/events/${encodeURIComponent(eventId)}/zones/${zoneId}/plan`;
      const response = await fetch(path, { cache: 'no-cache' });
      if (!response.ok) return undefined;
      halls.set(zoneId, hallOf(/** @type {ZonePlan} */ (await response.json())));
      return zoneId;
    } catch {
      return undefined;
    }
  }
}
