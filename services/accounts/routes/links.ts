import type { LinkPath } from '../mail/mail.ts';

export type LinkAction = 'welcome' | 'verify' | 'reset' | 'sign-in' | 'invitation' | 'forgotten' | 'sign-up';

/**
 * A link in a mail: to the page that does one thing (page/link.html). The token is in the fragment, which browsers do not send, so it is in
 * no log; and the page waits for a click, so a mail scanner that follows the link does not use it up.
 */
export const linkTo = (action: LinkAction, token = ''): LinkPath => `/accounts/link#${action}${token && `=${token}`}`;
