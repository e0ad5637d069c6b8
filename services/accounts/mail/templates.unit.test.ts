import { describe, expect, it } from 'vitest';
import type { Mail } from './mail.ts';
import { renderMail } from './templates.ts';

const to = 'ann@shop.example';
const origin = 'https://tickets.example';
const link = '/accounts/verify?a=1&b=2#token=abc';

const mails: Mail[] = [
  { to, kind: 'verify', link, validMinutes: 1_440 },
  { to, kind: 'already-registered', link },
  { to, kind: 'reset', link, validMinutes: 60 },
  { to, kind: 'no-account' },
  { to, kind: 'sign-in-link', link, validMinutes: 15 },
  { to, kind: 'email-change', link },
  { to, kind: 'email-changed', newEmail: 'new.ann@other.example' },
  { to, kind: 'security', notice: 'password-changed' },
];

describe('renderMail', () => {
  it.each(mails)('says the same as text and as HTML, and is signed: $kind', (mail) => {
    const { subject, text, html } = renderMail(mail, origin);
    expect(subject).toMatch(/^[A-Z].{5,60}$/);
    expect(text).toMatch(/Onsale, tickets\.example\n$/);
    const shown = html
      .replace(/<head>.*<\/head>|<[^>]+>/gs, '')
      .replaceAll('&amp;', '&')
      .replaceAll('&#39;', "'");
    for (const line of text.split(/\n+/).filter(Boolean)) expect(shown).toContain(line.replace(/:$/, ''));
  });

  it('builds links from the public origin, escaped in HTML', () => {
    const { text, html } = renderMail({ to, kind: 'verify', link }, origin);
    expect(text).toContain(`Confirm address:\nhttps://tickets.example${link}\n`);
    expect(html).toContain('<a href="https://tickets.example/accounts/verify?a=1&amp;b=2#token=abc"');
  });

  it.each(['//evil.example/x', '/\\evil.example/x'] as const)('refuses a link to another site: %s', (bad) => {
    expect(() => renderMail({ to, kind: 'verify', link: bad }, origin)).toThrow('another site');
  });

  it('escapes what people chose', () => {
    const { html } = renderMail({ to, kind: 'email-changed', newEmail: '<b>"@x.example' }, origin);
    expect(html).toContain('&lt;…@x.example');
    expect(html).not.toContain('<b>');
  });

  it.each([
    [15, 'for 15 minutes'],
    [60, 'for 1 hour'],
    [120, 'for 2 hours'],
    [1_440, 'for 1 day'],
  ])('says how long a link works: %i minutes', (validMinutes, words) => {
    expect(renderMail({ to, kind: 'reset', link, validMinutes }, origin).text).toContain(words);
  });
});
