import { escapeHtml } from '../../shared/basics/text.ts';
import type { LinkPath, Mail, MailKind, SecurityNotice } from './mail.ts';

export type RenderedMail = { subject: string; text: string; html: string };

/** A mail's words: paragraphs, then a link with the words on its button, then more paragraphs. */
type Words = { subject: string; before: string[]; button?: string; after: string[] };

type OfKind<Kind extends MailKind> = Extract<Mail, { kind: Kind }>;
type Templates = { [Kind in MailKind]: (mail: OfKind<Kind>) => Words };

const notYou = 'If this was not you, you can ignore this mail. Nothing changes unless somebody follows the link.';
const lastsFor = ({ validMinutes }: { validMinutes?: number }) =>
  validMinutes === undefined ? 'The link works once.' : `The link works once, and for ${durationText(validMinutes)}.`;

const notices: Record<SecurityNotice, string> = {
  'password-changed': 'The password of your account was changed. All other devices were signed out.',
  'password-reset':
    'The password of your account was reset with a link from a mail. All devices were signed out, and other providers unlinked.',
  'session-stolen':
    'Somebody used an old sign-in of yours again, which may mean that it was copied. We ended that session; please sign in again.',
  'account-deleted': 'Your account was deleted, with your personal data. The records of your orders stay, without your name.',
  'identity-linked': 'Your account can now also be used by signing in with another provider.',
  'identity-unlinked': 'Your account can no longer be used by signing in with a provider that was linked to it.',
};

const templates: Templates = {
  verify: (mail) => ({
    subject: 'Confirm your e-mail address',
    before: ['Welcome to Onsale. Follow the link to confirm that this is your e-mail address, and choose a password.'],
    button: 'Confirm address',
    after: [lastsFor(mail), notYou],
  }),
  'already-registered': () => ({
    subject: 'You already have an account',
    before: ['Somebody, probably you, tried to sign up with this e-mail address. It already has an account.'],
    button: 'Sign in or set a new password',
    after: ['If this was not you, you can ignore this mail. Nothing has changed.'],
  }),
  reset: (mail) => ({
    subject: 'Set a new password',
    before: ['Somebody, probably you, asked for a new password for your account.'],
    button: 'Set a new password',
    after: [lastsFor(mail), notYou],
  }),
  'no-account': () => ({
    subject: 'There is no account with this address',
    before: ['Somebody, probably you, tried to sign in with this e-mail address. There is no account with it.'],
    button: 'Sign up',
    after: ['Perhaps you signed up with another address. If this was not you, you can ignore this mail.'],
  }),
  'sign-in-link': (mail) => ({
    subject: 'Your sign-in link',
    before: ['Follow the link to sign in.'],
    button: 'Sign in',
    after: [lastsFor(mail), 'Do not forward this mail: whoever has the link can sign in as you.', notYou],
  }),
  'email-change': (mail) => ({
    subject: 'Confirm your new e-mail address',
    before: [
      'Please confirm that this is the new e-mail address of your account. You must be signed in to it where you follow the link.',
    ],
    button: 'Confirm new address',
    after: [lastsFor(mail), notYou],
  }),
  invitation: ({ organiser }) => ({
    subject: `${organiser} invites you to Onsale`,
    before: [`You were invited to work for ${organiser} on Onsale. If you accept, they see your name and this e-mail address.`],
    button: 'Accept the invitation',
    after: ['The link works once, and for 14 days. If you do not know the sender, you can ignore this mail.'],
  }),
  'email-changed': ({ newEmail }) => ({
    subject: 'Your e-mail address was changed',
    before: [`Your account now has another e-mail address: ${maskedAddress(newEmail)}. This address cannot sign in any more.`],
    after: ['If this was not you, please contact us immediately.'],
  }),
  security: ({ notice }) => ({
    subject: 'A change to your account',
    before: [notices[notice]],
    after: ['If this was not you, set a new password immediately.'],
  }),
};

/** A mail as text and HTML. Links lead to `origin`, such as https://tickets.example. */
export function renderMail(mail: Mail, origin: string): RenderedMail {
  const { subject, before, button, after } = (templates[mail.kind] as (given: Mail) => Words)(mail);
  const link =
    'link' in mail && mail.link !== undefined && button !== undefined ? { button, url: urlOf(mail.link, origin) } : undefined;
  const site = new URL(origin).host;
  const text = [...before, ...(link ? [`${link.button}:\n${link.url}`] : []), ...after, `Onsale, ${site}`].join('\n\n');
  return { subject, text: `${text}\n`, html: pageOf({ subject, before, link, after, site }) };
}

/** Throws if a path would lead to another site. */
function urlOf(path: LinkPath, origin: string): string {
  const url = new URL(path, origin);
  if (url.origin !== new URL(origin).origin) throw new Error(`A link leads to another site: ${url.origin}`);
  return url.href;
}

function pageOf(words: {
  subject: string;
  before: string[];
  link: { button: string; url: string } | undefined;
  after: string[];
  site: string;
}): string {
  const { subject, before, link, after, site } = words;
  const paragraph = (text: string) => `<p style="margin:0 0 16px">${escapeHtml(text)}</p>`;
  const button =
    link &&
    `<p style="margin:24px 0"><a href="${escapeHtml(link.url)}" style="display:inline-block;padding:12px 20px;border-radius:8px;` +
      `background:#1f5fd0;color:#ffffff;font-weight:600;text-decoration:none">${escapeHtml(link.button)}</a></p>\n` +
      `<p style="margin:0 0 16px;color:#566070;font-size:14px">Or copy this address into your browser:<br>` +
      `<a href="${escapeHtml(link.url)}" style="color:#1f5fd0;word-break:break-all">${escapeHtml(link.url)}</a></p>`;
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${escapeHtml(subject)}</title></head>
<body style="margin:0;padding:24px;background:#f5f6f8;color:#14181f;font:16px/1.6 system-ui,-apple-system,'Segoe UI',Roboto,sans-serif">
<main style="max-width:560px;margin:0 auto;padding:32px;border-radius:12px;background:#ffffff">
<h1 style="margin:0 0 16px;font-size:22px;line-height:1.3">${escapeHtml(subject)}</h1>
${[...before.map(paragraph), ...(button ? [button] : []), ...after.map(paragraph)].join('\n')}
<p style="margin:24px 0 0;color:#566070;font-size:14px">Onsale, ${escapeHtml(site)}</p>
</main>
</body>
</html>
`;
}

/** "60" is "1 hour", "90" is "90 minutes". */
function durationText(minutes: number): string {
  const [count, unit] =
    minutes % 1_440 === 0 ? [minutes / 1_440, 'day'] : minutes % 60 === 0 ? [minutes / 60, 'hour'] : [minutes, 'minute'];
  return `${count} ${unit}${count === 1 ? '' : 's'}`;
}

/** "ann@shop.example" is "a…@shop.example": the mail may be read by somebody else. */
const maskedAddress = (address: string) => address.replace(/^(.).*(@[^@]*)$/su, '$1…$2');
