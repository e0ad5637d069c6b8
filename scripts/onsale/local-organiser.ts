import { userInfo } from 'node:os';
import { archiveEvent } from '../../services/catalogue/archive/archive-event.ts';
import { readZonesOfHall } from '../../services/catalogue/organiser/halls.ts';
import { findTickets } from '../../services/catalogue/reads/find-tickets.ts';
import { listEvents } from '../../services/catalogue/reads/list-events.ts';
import { reportEvent } from '../../services/catalogue/reads/report-event.ts';
import { reportSales } from '../../services/catalogue/reads/report-sales.ts';
import { neverOpened } from '../../services/shared/basics/text.ts';
import { changeBlocked } from '../../services/shared/inventory/change-blocked.ts';
import { readInventory } from '../../services/shared/inventory/inventory.ts';
import { openEvent, planOpening } from '../../services/shared/inventory/open-event.ts';
import { byCommand } from '../../services/shared/inventory/record-change.ts';
import { saveDraft } from '../../services/shared/inventory/save-draft.ts';
import { mainOrganiser } from '../../services/shared/terms/identifiers.ts';
import { changeState } from './life/change-state.ts';
import type { Organiser } from './organiser.ts';
import type { System } from './system.ts';

/** For the audit log: the command, and the user of this machine who runs it. */
const principal = `${byCommand}:${userInfo().username}`;

/** Works on the stores themselves. Those that a method needs must be among the given ones. */
export function localOrganiser(system: Partial<System>): Organiser {
  // The caller connects to what its command needs (system.ts).
  const { db, redis, messaging } = system as System;
  return {
    list: () => listEvents(db, redis),

    async show(eventId) {
      const report = await reportEvent(db, redis, eventId);
      if (!report) throw neverOpened(eventId);
      return report;
    },

    isOpen: async (eventId) => (await readInventory(redis, eventId)) !== undefined,
    readZonesOfHall: (hallId, organiserId = mainOrganiser) => readZonesOfHall(db, organiserId, hallId),
    planOpening: (plan, nowMs) => planOpening(db, redis, plan, nowMs),
    open: (plan, revision) => openEvent(db, redis, plan, { seen: revision, principal }),
    saveDraft: (plan, { isDryRun }) => saveDraft(db, redis, plan, { isDryRun, principal }),
    changeState: (eventId, wanted) => changeState({ db, redis }, eventId, wanted, principal),
    archive: (eventId, say) => archiveEvent({ db, redis, messaging }, eventId, say, { principal }),

    async changeBlocked(eventId, seats, isBlocked) {
      const outcome = await changeBlocked(db, redis, eventId, seats, isBlocked, { principal });
      if (outcome.kind !== 'refused') return { count: outcome.count };
      const names = (outcome.positions ?? []).map((position) => seats[position]?.column).join(', ');
      const [first] = seats;
      const reasons: Partial<Record<typeof outcome.code, string>> = {
        EVENT_NOT_FOUND: `${eventId} was never opened`,
        SEAT_NOT_FOUND: `zone ${first?.zoneId}, row ${first?.row} has no seat ${names}`,
        SEAT_TAKEN: `zone ${first?.zoneId}, row ${first?.row}: sold or held are ${names}`,
      };
      return { refused: reasons[outcome.code] ?? outcome.code };
    },

    async findTickets(eventId, wanted, use) {
      const event = await db.selectFrom('events').select('event_id').where('event_id', '=', eventId).executeTakeFirst();
      if (!event) throw neverOpened(eventId);
      await findTickets(db, eventId, wanted, use);
    },

    reportSales: (eventId, by) => reportSales(db, eventId, by),
  };
}
