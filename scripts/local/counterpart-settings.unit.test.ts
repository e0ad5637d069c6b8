import { describe, expect, it } from 'vitest';
import { counterpartEnvironment, counterpartsAt, realPayments } from './counterpart-settings.ts';
import { defaultPorts } from './ports.ts';

const local = counterpartEnvironment(counterpartsAt(defaultPorts));
const settingsWith = (environment: Record<string, string>) => ({ ...local, ...realPayments(environment) });

describe('the payment providers of npm start', () => {
  it('are the stand-in, unless the environment has keys', () => {
    expect(settingsWith({ STRIPE_WEBHOOK_SECRET: 'whsec_x', PAYPAL_URL: 'https://x' })).toEqual(local);
  });

  it('are real where the environment has keys: no setting of the stand-in is left', () => {
    const real = { STRIPE_SECRET_KEY: 'sk_test_mine', STRIPE_WEBHOOK_SECRET: 'whsec_mine' };
    expect(settingsWith(real)).toEqual({ ...local, ...real, STRIPE_URL: '', STRIPE_PUBLISHABLE_KEY: '' });
    const paypal = { PAYPAL_CLIENT_ID: 'mine', PAYPAL_URL: 'https://api-m.sandbox.paypal.com' };
    expect(settingsWith(paypal)).toEqual({ ...local, ...paypal, PAYPAL_CLIENT_SECRET: '', PAYPAL_WEBHOOK_ID: '' });
  });
});
