import { randomBytes } from 'node:crypto';

/** An id as Stripe makes them: letters and digits after a prefix. */
export const newId = (prefix: string) => prefix + randomBytes(12).toString('hex');

/** PayPal's ids are 17 upper-case letters and digits. */
export const newPaypalId = () => randomBytes(9).toString('hex').toUpperCase().slice(1);
