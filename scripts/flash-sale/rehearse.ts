import type { Stage } from './flash-sale.ts';
import { holdSale, type SaleOptions } from './hold-sale.ts';

/** Holds a sale of as many seats first: services that meet an on-sale have run for days, and their code is compiled. */
export async function rehearse(
  { system, show, signal }: Omit<Stage, 'onOpened'>,
  sale: Omit<SaleOptions, 'buyers'>,
): Promise<void> {
  const { seats } = sale;
  await holdSale(
    system,
    { ...sale, buyers: seats },
    { onLive: (live) => show.rehearsal(live, seats), ...(signal && { signal }) },
  );
}
