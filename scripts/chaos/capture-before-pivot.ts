import { copyWithPatches, type Patch } from './patched-services.ts';

/** The saga takes the money first, then turns the hold into an order; and, if the seats are lost, forgets the money that it has. */
const patches: Patch[] = [
  {
    file: 'checkout/saga/steps.ts',
    from: '    const confirmed = await purchase.confirm(holdId, { attempt: numberOf(attempt), orderId });',
    to: `    if (attempt?.ref !== undefined) await providerOf(attempt).capture(attempt.ref);
    const confirmed = await purchase.confirm(holdId, { attempt: numberOf(attempt), orderId });`,
  },
  {
    file: 'checkout/saga/steps.ts',
    from: "return payment?.state === 'captured' ? { to: 'failed', payment, refunds: true } : undefined;",
    to: "return payment?.state === 'captured' ? { to: 'failed', payment } : undefined;",
  },
];

/** Copies the services to `folder`, with the pivot of the saga moved behind the capture. Returns the root to start them from. */
export const copyWithCaptureBeforePivot = (folder: string): string => copyWithPatches(folder, 'capture-before-pivot', patches);
