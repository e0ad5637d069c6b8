import type { InjectOptions } from 'fastify';
import { describe, expect, it } from 'vitest';
import { accepted } from '../../../scripts/testing/purchase-app.ts';
import { answerTo, expectReplay, refusal } from '../../../scripts/testing/refusal.ts';
import {
  cancel,
  confirm,
  extend,
  hold,
  order,
  readyRequests,
  release,
  seats,
  ticket,
  withKey,
} from '../../../scripts/testing/requests.ts';
import { openTestEvent, redis } from '../../../scripts/testing/stores.ts';
import { problem } from '../../shared/http/problems.ts';
import type { Inventory } from '../../shared/inventory/inventory.ts';
import { replyKey } from '../../shared/inventory/keys.ts';

const key = '8e03978e-40d5-43e8-bc93-6894a57f9324';

const posts = Object.entries(readyRequests).map(([name, { status, ready }]) => [`POST ${name}`, ready, status] as const);

/** For each POST, a different request on the same event that would succeed: with another body, or another path if it has no body. */
const others: Record<string, (event: Inventory) => Promise<InjectOptions>> = {
  'POST tickets': async (event) => ticket(event, { seats: seats('B1') }),
  'POST orders': async (event) => order(event, ['C1']),
  'POST holds': async (event) => hold(event, ['D1']),
  'POST confirm': async (event) => confirm(await accepted(hold(event, ['E1']))),
  'POST extend': async (event) => extend(await accepted(hold(event, ['F1']))),
  'POST cancel': async (event) => cancel(await accepted(order(event, ['G1']))),
};

describe.each(posts)('%s with an Idempotency-Key', (name, ready, status) => {
  it('gives the same request the same response, to the byte, and acts once', async () => {
    const event = await openTestEvent();
    const request = withKey(await ready(event), key);
    const first = await answerTo(request);
    expect(first.statusCode).toBe(status);
    for (let times = 0; times < 3; times++) await expectReplay(request, first);
  });

  it('replays the response even after the tickets were cancelled, or the hold released', async () => {
    const event = await openTestEvent();
    const request = withKey(await ready(event), key);
    const first = await answerTo(request);
    const { holdId, orderId } = JSON.parse(first.body);
    if (orderId) await accepted(cancel({ ...event, orderId }), 200);
    else await accepted(release({ holdId }), 204);
    await expectReplay(request, first);
  });

  it('gives 20 concurrent requests the same response, and acts once', async () => {
    const event = await openTestEvent();
    const request = withKey(await ready(event), key);
    const [first, ...rest] = await Promise.all(Array.from({ length: 20 }, () => answerTo(request)));
    expect(first?.statusCode).toBe(status);
    for (const answer of rest) expect(answer).toEqual(first);
  });

  it('treats its quoted form as the same key', async () => {
    const request = await ready(await openTestEvent());
    const first = await answerTo(withKey(request, key));
    await expectReplay(withKey(request, `"${key}"`), first);
  });

  it('and another body or path returns 422 and changes nothing; the first request still replays', async () => {
    const event = await openTestEvent();
    const request = withKey(await ready(event), key);
    const first = await answerTo(request);
    for (const other of Object.values(others)) {
      const reused = withKey(await other(event), `"${key}"`);
      expect(await refusal(reused, 'IDEMPOTENCY_KEY_REUSED')).toEqual(problem('IDEMPOTENCY_KEY_REUSED'));
    }
    await expectReplay(request, first);
  });

  it('is independent of the same key on another event, and of other keys on the same event', async () => {
    const [event, elsewhere] = [await openTestEvent(), await openTestEvent()];
    const other = await others[name]?.(event);
    expect((await answerTo(withKey(await ready(event), key))).statusCode).toBe(status);
    expect((await answerTo(withKey(await ready(elsewhere), key))).statusCode).toBe(status);
    expect((await answerTo(withKey(other ?? {}, key.toUpperCase()))).statusCode).toBe(status);
  });

  it('keeps its response for 24 hours from the first request, and then can be used again', async () => {
    const event = await openTestEvent();
    const request = withKey(await ready(event), key);
    const kept = replyKey(event.eventId, 'stranger', key);
    await answerTo(request);
    const leftMs = await redis.pttl(kept);
    expect(leftMs).toBeLessThanOrEqual(24 * 3_600_000);
    expect(leftMs).toBeGreaterThan(23 * 3_600_000);
    await redis.pexpire(kept, 3_600_000);
    await answerTo(request);
    expect(await redis.pttl(kept)).toBeLessThanOrEqual(3_600_000);
    await redis.pexpire(kept, 0);
    expect((await answerTo(withKey((await others[name]?.(event)) ?? {}, key))).statusCode).toBe(status);
  });
});

it('the Idempotency-Key of a repeated confirmation keeps its 200, too', async () => {
  const event = await openTestEvent();
  const held = await accepted(hold(event, ['A1', 'A2']));
  const sold = await accepted(confirm(held));
  const first = await answerTo(withKey(confirm(held), key));
  expect(first).toMatchObject({ statusCode: 200, body: JSON.stringify(sold) });
  await accepted(cancel(sold), 200);
  await expectReplay(withKey(confirm(held), key), first);
  await refusal(withKey(order(event, ['B1']), key), 'IDEMPOTENCY_KEY_REUSED');
});
