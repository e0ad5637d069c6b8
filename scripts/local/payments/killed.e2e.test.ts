import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { providersAt } from '../../testing/payments.ts';
import { testFolder } from '../../testing/services.ts';
import { freePort } from '../free-ports.ts';
import { startScript } from '../services.ts';

const resources = new AsyncDisposableStack();
afterAll(() => resources.disposeAsync());

const folder = testFolder(resources);
const port = await freePort();
const url = `http://127.0.0.1:${port}`;
const start = async () => {
  const started = await startScript('payments', {
    env: { PORT: String(port), DATA_DIR: join(folder, 'payments') },
    readyUrl: `${url}/health`,
    logFolder: folder,
  });
  resources.defer(() => started.stop());
  return started;
};

it('charges nothing twice and forgets no charge, though its process is killed again and again', async () => {
  const { stripe, paypal } = providersAt(url);
  const lives = 3;
  let local = await start();
  const wishes = [stripe, paypal].flatMap((provider) =>
    Array.from({ length: 5 }, () => ({ provider, checkoutId: randomUUID(), refundId: randomUUID() })),
  );
  /** Until the provider has answered: it dies meanwhile. */
  const untilAnswered = async <T>(call: () => Promise<T>): Promise<T> => {
    for (;;) {
      try {
        return await call();
      } catch (error) {
        if ((error as Error).name !== 'ProviderAway') throw error;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
  };
  const buying = wishes.map(async ({ provider, checkoutId, refundId }) => {
    const { ref } = await untilAnswered(() =>
      provider.create({
        checkoutId,
        attempt: 1,
        amountMinor: 900,
        currency: 'EUR',
        description: 'A ticket',
        email: 'ann@shop.example',
        returnUrl: 'http://127.0.0.1/',
      }),
    );
    await untilPaid(ref);
    await untilAnswered(() => provider.retrieve(ref));
    const { state } = await untilAnswered(() => provider.capture(ref));
    await untilAnswered(() => provider.refund({ refundId, ref, amountMinor: 100, currency: 'EUR' }));
    return { ref, state };
  });
  /** The buyer pays, as soon as there is somebody to pay to. A second time changes nothing. */
  async function untilPaid(ref: string): Promise<void> {
    for (;;) {
      const reply = await fetch(`${url}/test/payments/${ref}/succeed`, { method: 'POST' }).catch(() => undefined);
      if (reply?.status === 200 || reply?.status === 409) return;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
  let isOver = false;
  const all = Promise.all(buying).finally(() => {
    isOver = true;
  });
  for (let life = 1; life < lives && !isOver; life++) {
    local.kill('SIGKILL');
    await local.exited;
    local = await start();
  }
  const bought = await all;
  local.kill('SIGKILL');
  await local.exited;
  await start();

  expect(bought.map(({ state }) => state)).toEqual(wishes.map(() => 'captured'));
  const known = (await (await fetch(`${url}/test/payments`)).json()) as { ref: string; captured: number }[];
  expect(known.map(({ ref }) => ref).toSorted()).toEqual(bought.map(({ ref }) => ref).toSorted());
  expect(known.map(({ captured }) => captured)).toEqual(wishes.map(() => 900));
  const refunds = (await (await fetch(`${url}/test/refunds`)).json()) as { amount: number }[];
  expect(refunds.map(({ amount }) => amount)).toEqual(wishes.map(() => 100));
});
