import { setTimeout as pause } from 'node:timers/promises';
import type { FoundTicket } from '../../services/catalogue/reads/find-tickets.ts';
import type { ListedEvent } from '../../services/catalogue/reads/list-events.ts';
import type { EventReport } from '../../services/catalogue/reads/report-event.ts';
import type { SalesReport } from '../../services/catalogue/reads/report-sales.ts';
import { neverOpened } from '../../services/shared/basics/text.ts';
import type { BlockableSeat } from '../../services/shared/inventory/block-seats.ts';
import type { EventDocument, EventPlan } from '../../services/shared/inventory/plan/event-file.ts';
import { renderEventFile } from '../../services/shared/inventory/plan/render-event-file.ts';
import { stateChangedText } from './life/change-state.ts';
import type { Organiser } from './organiser.ts';
import { type Remote, type Reply, refusalOf } from './remote.ts';

const lookEveryMs = 500;
const ticketsAtOnce = 1_000;

type Changed = { outcome: 'opened' | 'changed' | 'unchanged'; changes: string[]; takes: string[] };
type Shown = { state: string; version: number };

/** Works through the API of a remote installation (services/catalogue). */
export function remoteOrganiser(remote: Remote): Organiser {
  return {
    list: async () => await Array.fromAsync(remote.pages<ListedEvent>('/events?limit=500')),

    async show(eventId) {
      return (await remote.ask('GET', `${pathOf(eventId)}/status`, { unknown: neverOpened(eventId) })).body as EventReport;
    },

    async isOpen(eventId) {
      const { status, body } = await remote.send('GET', pathOf(eventId));
      return status === 200 && (body as Shown).state !== 'draft';
    },

    async readZonesOfHall(hallId, organiserId) {
      const query = organiserId === undefined ? '' : `?organiserId=${encodeURIComponent(organiserId)}`;
      const reply = await remote.send('GET', `/halls/${encodeURIComponent(hallId)}${query}`);
      if (reply.status === 404 || reply.status === 400) return undefined;
      return (remote.accept(reply).body as Pick<EventDocument, 'zones'>).zones;
    },

    async planOpening(plan) {
      const precondition = await preconditionFor(plan);
      const reply = await put(plan, '?publish=true&dryRun=true', precondition);
      if (reply.status === 409) return { kind: 'refused', reasons: refusalOf(reply).reasons };
      const { outcome, changes, takes } = remote.accept(reply).body as Changed;
      return { kind: outcome, changes, takes, revision: JSON.stringify(precondition) };
    },

    async open(plan, revision) {
      const precondition = JSON.parse(revision) as Record<string, string>;
      const reply = await put(plan, '?publish=true&withdraw=true', precondition);
      if (reply.status === 409) return { kind: 'refused', reasons: refusalOf(reply).reasons };
      if (reply.status === 412) return { kind: 'refused', reasons: [`${plan.inventory.eventId} was changed meanwhile`] };
      return { kind: (remote.accept(reply).body as Changed).outcome };
    },

    async saveDraft(plan, { isDryRun }) {
      const { eventId } = plan.inventory;
      const known = await remote.send('GET', pathOf(eventId));
      if (known.status === 200 && (known.body as Shown).state !== 'draft') {
        return { kind: 'refused', reason: `${eventId} was opened before, so it cannot become a draft again` };
      }
      const reply = await put(plan, isDryRun ? '?dryRun=true' : '', preconditionOf(known));
      if (reply.status === 409) return { kind: 'refused', reason: refusalOf(reply).reasons.join('; ') };
      const { outcome, changes } = remote.accept(reply).body as Changed;
      return { kind: outcome, changes };
    },

    async changeState(eventId, wanted) {
      const does = { published: 'resume', paused: 'pause', closed: 'close' }[wanted.state];
      const body = wanted.state === 'paused' ? { confirmHolds: wanted.confirmWhilePaused } : undefined;
      const reply = await remote.ask('POST', `${pathOf(eventId)}/${does}`, { body, unknown: neverOpened(eventId) });
      const { outcome } = reply.body as Changed;
      return stateChangedText(eventId, outcome === 'unchanged' ? 'unchanged' : 'changed', wanted);
    },

    async archive(eventId, say) {
      const path = `${pathOf(eventId)}/archive`;
      let { body } = await remote.ask('POST', path, { unknown: neverOpened(eventId) });
      for (;;) {
        const { status, detail } = body as { status: string; detail: string | null };
        if (status === 'failed') throw new Error(detail ?? `${eventId} was not archived`);
        if (status === 'done') break;
        await pause(lookEveryMs);
        ({ body } = await remote.ask('GET', path, {}));
      }
      say(`${eventId} is archived: Redis has nothing of it, and its tickets stay readable`);
    },

    async changeBlocked(eventId, seats, isBlocked) {
      const reply = await remote.send('PATCH', `${pathOf(eventId)}/blocked`, {
        body: { [isBlocked ? 'block' : 'unblock']: rowsOf(seats) },
      });
      if (reply.status === 409 || (reply.status === 404 && refusalOf(reply).code === 'SEAT_NOT_FOUND')) {
        return { refused: refusalOf(reply).reasons.join('; ') };
      }
      if (reply.status === 404) return { refused: `${eventId} was never opened` };
      return { count: (remote.accept(reply).body as { count: number }).count };
    },

    async findTickets(eventId, wanted, use) {
      const query = new URLSearchParams({ ...wanted, limit: String(ticketsAtOnce) });
      await use(remote.pages<FoundTicket>(`${pathOf(eventId)}/orders?${query}`, neverOpened(eventId)));
    },

    async reportSales(eventId, by) {
      const path = `${pathOf(eventId)}/report${by === undefined ? '' : `?by=${by}`}`;
      return (await remote.ask('GET', path, { unknown: neverOpened(eventId) })).body as SalesReport;
    },
  };

  async function preconditionFor({ inventory: { eventId } }: EventPlan) {
    return preconditionOf(await remote.send('GET', pathOf(eventId)));
  }

  function preconditionOf(known: Reply): Record<string, string> {
    if (known.status === 404) return { 'if-none-match': '*' };
    remote.accept(known);
    return { 'if-match': known.etag };
  }

  async function put(plan: EventPlan, query: string, headers: Record<string, string>): Promise<Reply> {
    const body = plan.document ?? renderEventFile(plan);
    return await remote.send('PUT', pathOf(plan.inventory.eventId) + query, { body, headers });
  }
}

const pathOf = (eventId: string) => `/events/${encodeURIComponent(eventId)}`;

/** The seats as the API names them: by row. */
function rowsOf(seats: BlockableSeat[]) {
  const rows = Map.groupBy(seats, ({ zoneId, row }) => JSON.stringify([zoneId, row]));
  return [...rows.values()].map((ofRow) => ({
    zoneId: ofRow[0]?.zoneId,
    row: ofRow[0]?.row,
    seats: ofRow.map(({ column }) => String(column)),
  }));
}
