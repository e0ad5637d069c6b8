import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import which from 'which';
import { createStripe } from '../services/checkout/providers/stripe.ts';
import { findBinary } from './local/find-binary.ts';
import { freePort } from './local/free-ports.ts';
import { localFolder } from './local/local-folder.ts';
import { localPaymentKeys } from './local/payments/local-keys.ts';
import { startPayments } from './local/payments/payments.ts';
import { startProcess } from './local/process.ts';
import { stopWith } from './local/stop.ts';
import { type Recorded, record, replay } from './stripe-mock/replay.ts';
import { useStripe } from './stripe-mock/use-stripe.ts';
import { newCommand } from './terminal/command.ts';

const version = '0.203.0';
const folder = join(localFolder, 'stripe-mock');

newCommand(
  'stripe-mock',
  "Sends every kind of request that checkout makes of Stripe to stripe-mock, which checks its parameters against Stripe's own description " +
    'of its API. Exit status 1: one was refused, or the run failed. Needs Go, and its module proxy the first time.',
).parse();

const resources = new AsyncDisposableStack();
const { stop, isStopping, say } = stopWith(resources, {
  exitCode: 130,
  onSignal: () => say('Interrupted.'),
});

try {
  mkdirSync(folder, { recursive: true });
  const program = await install();
  const recorded = await recordAll();
  const port = await freePort();
  const mock = await startProcess({
    name: 'stripe-mock',
    command: program,
    // Without an address, it would listen on all of them.
    args: ['-http-addr', `127.0.0.1:${port}`],
    logFile: join(folder, 'stripe-mock.log'),
    // Without a key it answers 401, so it is there.
    isReady: async () => (await fetch(`http://127.0.0.1:${port}/v1/refunds`)).status === 401,
  });
  resources.defer(() => mock.stop());
  let refused = 0;
  for (const request of recorded) {
    const refusal = await replay(request, `http://127.0.0.1:${port}`);
    if (refusal !== undefined) refused++;
    say(
      `${refusal === undefined ? 'accepted' : 'REFUSED '}  ${request.method} ${request.path}${refusal === undefined ? '' : `\n  ${refusal}`}`,
    );
  }
  say(
    refused === 0
      ? `\nstripe-mock accepted all ${recorded.length} requests.`
      : `\nstripe-mock refused ${refused} of ${recorded.length} requests.`,
  );
  await stop(refused === 0 ? 0 : 1);
} catch (error) {
  if (!isStopping()) {
    say((error as Error).message);
    await stop(1);
  }
}

/** What checkout sends to the local provider in the life of a few payments, each kind of request once. */
async function recordAll(): Promise<Recorded[]> {
  const data = join(folder, 'payments');
  rmSync(data, { recursive: true, force: true });
  const payments = await startPayments({ port: 0, folder: data });
  resources.defer(() => payments.stop());
  const { url, recorded } = await record(payments.url, resources);
  const { STRIPE_SECRET_KEY: secretKey, STRIPE_WEBHOOK_SECRET: webhookSecret } = localPaymentKeys;
  await useStripe(createStripe({ secretKey, webhookSecret, url }), payments);
  return recorded();
}

/** Builds stripe-mock from its Go module, unless it is already there. Returns the program's path. */
async function install(): Promise<string> {
  const bin = join(folder, version);
  const program = join(bin, 'stripe-mock');
  if (await which(program, { nothrow: true })) return program;
  const go = await findBinary('go');
  if (go === undefined) throw new Error('go was not found. stripe-mock is built with Go.');
  say(`Building stripe-mock ${version} in .local/ (once) …`);
  const env = { GOBIN: bin, GOFLAGS: '-buildvcs=false' };
  const built = await execa(go, ['install', `github.com/stripe/stripe-mock@v${version}`], {
    env,
    stderr: 'inherit',
    reject: false,
  });
  if (built.failed) throw new Error('stripe-mock could not be built; see above.');
  return program;
}
