import type { Stage } from './flash-sale.ts';
import { holdSale, type SaleOptions } from './hold-sale.ts';

/** Holds a sale of the same size first. In production, services have run for days before an on-sale, so their code is compiled. */
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
