import type { Stage } from './flash-sale.ts';
import { holdSale } from './hold-sale.ts';

const rehearsal = { seats: 15_000, buyers: 15_000, connections: 500, seed: 1 };

/** Holds a small sale of another event: services that meet an on-sale have served for days, and their code is compiled. */
export async function rehearse({ system, show, signal }: Stage): Promise<void> {
  show.status('A rehearsal, so that the services are warm …');
  await holdSale(system, { ...rehearsal, best: false }, () => {}, signal);
}
