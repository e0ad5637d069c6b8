import { expect, it } from 'vitest';
import { plants } from '../../../scripts/testing/payment-model/plants.ts';
import { runHistories } from '../../../scripts/testing/payment-model/run-histories.ts';

/** Most bugs show within twenty. */
const mostHistories = 1_500;
const longMs = 3_600_000;

// A model that does not find these proves nothing by its silence. They belong to the long form, which ONSALE_HISTORIES asks for.
it.runIf(process.env.ONSALE_HISTORIES).each(plants)(
  'the model finds that $bug',
  async (plant) => {
    await using resources = new AsyncDisposableStack();
    const { found } = await runHistories(resources, { seed: 1, count: mostHistories, plant });
    expect(found).toBeDefined();
    expect(plant.breaks, found?.message).toContain(found?.rule);
  },
  longMs,
);
