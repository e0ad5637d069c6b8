/** A path on this site with its query and fragment, such as /accounts/verify#token=…; mails show it with the public origin. */
export type LinkPath = `/${string}`;

/** What happened to an account, in a mail that warns its owner. */
export type SecurityNotice =
  | 'password-changed'
  | 'password-reset'
  | 'session-stolen'
  | 'account-deleted'
  | 'identity-linked'
  | 'identity-unlinked';

/** A mail that accounts sends, by the words in its template (templates.ts). `to`: one e-mail address. */
export type Mail = { to: string } /** `verify`: to sign up. */ & (
  | { kind: 'verify' | 'reset' | 'email-change'; link: LinkPath; validMinutes?: number }
  /** `hasAccount`: whether the address has one. */
  | { kind: 'sign-in-link'; link: LinkPath; validMinutes?: number; hasAccount?: boolean }
  /** Somebody signed up with an address that has an account. `link`: where its owner can sign in, or set a new password. */
  | { kind: 'already-registered'; link?: LinkPath }
  /** Somebody asked for a reset or a sign-in link for an address without an account. `link`: where to sign up. */
  | { kind: 'no-account'; link?: LinkPath }
  /** Somebody may act for an organiser once they accept. `link`: where to accept. */
  | { kind: 'invitation'; organiser: string; link: LinkPath }
  /** To the former address. */
  | { kind: 'email-changed'; newEmail: string }
  | { kind: 'security'; notice: SecurityNotice }
);

export type MailKind = Mail['kind'];
