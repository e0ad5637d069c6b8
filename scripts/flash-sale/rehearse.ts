import type { Stage } from './flash-sale.ts';
import { holdSale, type SaleOptions } from './hold-sale.ts';

/** Holds a sale of as many seats first: services that meet an on-sale have served for days, and their code is compiled. */
export async function rehearse({ system, show, signal }: Stage, sale: Omit<SaleOptions, 'buyers'>): Promise<void> {
  show.status('A rehearsal, so that the services are warm …');
  await holdSale(system, { ...sale, buyers: sale.seats }, () => {}, signal);
}
