/** The keys of the local payment providers, in the settings' own names. They protect nothing: everybody may know them. */
export const localPaymentKeys = {
  STRIPE_SECRET_KEY: 'sk_test_known-to-everybody',
  STRIPE_PUBLISHABLE_KEY: 'pk_test_known-to-everybody',
  STRIPE_WEBHOOK_SECRET: 'whsec_known-to-everybody',
  PAYPAL_CLIENT_ID: 'onsale',
  PAYPAL_CLIENT_SECRET: 'known-to-everybody',
  PAYPAL_WEBHOOK_ID: 'WH-LOCAL',
};

export type PaymentKeys = Record<keyof typeof localPaymentKeys, string>;
