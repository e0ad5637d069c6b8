import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SESv2Client } from '@aws-sdk/client-sesv2';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { createSendMail, isMailRefused } from '../../../services/accounts/mail/ses.ts';
import { renderMail } from '../../../services/accounts/mail/templates.ts';
import { startMailbox } from './mailbox.ts';
import { openMessages } from './messages.ts';

const resources = new AsyncDisposableStack();
afterAll(() => resources.disposeAsync());
const folder = mkdtempSync(join(tmpdir(), 'mailbox-'));
resources.defer(() => rmSync(folder, { recursive: true, force: true }));
const { url, messages, stop } = await startMailbox({ port: 0, folder });
resources.defer(stop);

const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
const ses = new SESv2Client({ endpoint: url, region: 'us-east-1', credentials, maxAttempts: 1 });
resources.defer(() => ses.destroy());
const send = createSendMail(ses, 'tickets@onsale.example');
const mail = (to = 'ann@shop.example') => ({
  mailId: '019e1b2c-3d4e-7f50-8a6b-7c8d9e0f1a2b',
  kind: 'verify',
  to,
  ...renderMail({ to, kind: 'verify', link: '/accounts/link#verify=abc' }, 'http://localhost:8000'),
});

beforeEach(() => messages.clear());

describe('the mailbox', () => {
  it('accepts what the service sends to SES, and lists it as JSON', async () => {
    await send(mail());
    const expected = {
      messageId: expect.any(String),
      receivedOn: expect.any(String),
      from: 'tickets@onsale.example',
      to: ['ann@shop.example'],
      subject: 'Confirm your e-mail address',
      text: expect.stringContaining('Welcome'),
      html: expect.stringContaining('<!doctype html>'),
      headers: { 'X-Onsale-Mail-Id': mail().mailId, 'Auto-Submitted': 'auto-generated' },
      tags: { 'mail-id': mail().mailId, kind: 'verify' },
      links: ['http://localhost:8000/accounts/link#verify=abc'],
    };
    expect(await (await fetch(`${url}/messages`)).json()).toEqual([expected]);
    expect(await (await fetch(`${url}/messages?to=ann@shop.example`)).json()).toHaveLength(1);
    expect(await (await fetch(`${url}/messages?to=bob@shop.example`)).json()).toEqual([]);
  });

  it('refuses an address that SES would refuse, with its error', async () => {
    for (const address of ['änn@shop.example', 'ann@bücher.example']) {
      const error = await send(mail(address)).catch((refused) => refused);
      expect(isMailRefused(error)).toBe(true);
    }
  });

  it('fails as it is told to, until it is told otherwise', async () => {
    const failure = { method: 'PUT', headers: { 'content-type': 'application/json' } };
    const tell = async (error: string) => (await fetch(`${url}/failure`, { ...failure, body: JSON.stringify({ error }) })).status;
    expect(await tell('TooManyRequestsException')).toBe(204);
    await expect(send(mail())).rejects.toMatchObject({ name: 'TooManyRequestsException' });
    expect(await tell('NoSuchError')).toBe(400);
    await fetch(`${url}/failure`, { method: 'DELETE' });
    await send(mail());
    expect(messages.all()).toHaveLength(1);
  });

  it('keeps its mails for its next start, for their owner alone', async () => {
    await send(mail());
    const [message] = messages.all();
    expect(openMessages(folder).all()).toEqual([message]);
    expect(statSync(join(folder, `${message?.messageId}.json`)).mode & 0o777).toBe(0o600);
  });

  it.each<[string, string, RequestInit & { headers: Record<string, string> }]>([
    ['an unsigned request to send', '/v2/email/outbound-emails', { method: 'POST', headers: {} }],
    ["another site's page that deletes", '/clear', { method: 'POST', headers: { origin: 'http://evil.example' } }],
    ["another site's page that makes it fail", '/failure', { method: 'DELETE', headers: { origin: 'null' } }],
  ])('refuses %s', async (_what, path, init) => {
    await send(mail());
    expect((await fetch(url + path, { redirect: 'manual', ...init })).status).toBe(403);
    expect(messages.all()).toHaveLength(1);
  });
});
