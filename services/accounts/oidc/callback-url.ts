import type { Provider } from './providers.ts';

/** Where a provider sends people back to; it must be registered there. */
export const callbackUrl = (origin: string, { id }: Pick<Provider, 'id'>): string => `${origin}/accounts/oidc/${id}/callback`;
