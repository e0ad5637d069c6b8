import type { FoundTicket, Wanted } from '../../services/catalogue/reads/find-tickets.ts';
import type { ListedEvent } from '../../services/catalogue/reads/list-events.ts';
import type { EventReport } from '../../services/catalogue/reads/report-event.ts';
import type { Dimension, SalesReport } from '../../services/catalogue/reads/report-sales.ts';
import type { BlockableSeat } from '../../services/shared/inventory/block-seats.ts';
import type { Opening } from '../../services/shared/inventory/open-event.ts';
import type { OpenOutcome } from '../../services/shared/inventory/open-inventory.ts';
import type { EventDocument, EventPlan } from '../../services/shared/inventory/plan/event-file.ts';
import type { Drafted } from '../../services/shared/inventory/save-draft.ts';
import type { StateChange } from './life/change-state.ts';

/** How many seats were blocked or freed, or why none was. */
type BlockOutcome = { count: number } | { refused: string };

/**
 * What the command can do for an organiser: with the stores themselves (local-organiser.ts), or through the API of a remote installation
 * (remote-organiser.ts). Each method throws an error in plain words if the event does not exist, or its state does not allow it.
 */
export type Organiser = {
  list(): Promise<ListedEvent[]>;
  show(eventId: string): Promise<EventReport>;
  isOpen(eventId: string): Promise<boolean>;
  /** The zones of a hall of an organiser, by default of one's own; undefined if it has no such hall. */
  readZonesOfHall(hallId: string, organiserId: string | undefined): Promise<EventDocument['zones'] | undefined>;
  planOpening(plan: EventPlan, nowMs: number): Promise<Opening>;
  /** `revision`: that of the opening that was planned. */
  open(plan: EventPlan, revision: string): Promise<OpenOutcome>;
  saveDraft(plan: EventPlan, options: { isDryRun: boolean }): Promise<Drafted>;
  /** Returns what happened, in a line. */
  changeState(eventId: string, wanted: StateChange): Promise<string>;
  archive(eventId: string, say: (line: string) => void): Promise<void>;
  changeBlocked(eventId: string, seats: BlockableSeat[], isBlocked: boolean): Promise<BlockOutcome>;
  findTickets(eventId: string, wanted: Wanted, use: (tickets: AsyncIterable<FoundTicket>) => Promise<void>): Promise<void>;
  reportSales(eventId: string, by?: Dimension): Promise<SalesReport>;
};
