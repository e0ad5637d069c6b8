import { SESv2Client, SendEmailCommand } from '@aws-sdk/client-sesv2';
import { awsTimeouts } from '../../shared/basics/aws-timeouts.ts';
import type { RenderedMail } from './templates.ts';

/** Sends one mail; rejects if it was not accepted. A mail that is sent again after a lost reply has the same `mailId`. */
export type SendMail = (mail: RenderedMail & { mailId: string; kind: string; to: string }) => Promise<void>;

/** Well below the lease of a claimed mail. */
const replyMs = 5_000;

/** A client for Amazon SES. Its region, credentials and endpoint come from the environment (AWS_ENDPOINT_URL_SESV2). */
export const connectSes = () => new SESv2Client({ requestHandler: awsTimeouts(replyMs), maxAttempts: 1 });

/**
 * Sends by Amazon SES (v2, SendEmail) as `from`. SES makes the Message-ID and has no idempotency key, so the mail's own id goes along as a
 * header and as a tag of SES's events.
 */
export function createSendMail(ses: SESv2Client, from: string): SendMail {
  return async ({ mailId, kind, to, subject, text, html }) => {
    const utf8 = (Data: string) => ({ Data, Charset: 'UTF-8' });
    await ses.send(
      new SendEmailCommand({
        FromEmailAddress: from,
        Destination: { ToAddresses: [to] },
        Content: {
          Simple: {
            Subject: utf8(subject),
            Body: { Text: utf8(text), Html: utf8(html) },
            Headers: [
              { Name: 'X-Onsale-Mail-Id', Value: mailId },
              // No automatic replies (RFC 3834).
              { Name: 'Auto-Submitted', Value: 'auto-generated' },
            ],
          },
        },
        EmailTags: [
          { Name: 'mail-id', Value: mailId },
          { Name: 'kind', Value: kind },
        ],
      }),
    );
  };
}

/** Whether SES rejected the mail itself, so that trying again cannot help: usually an address that is none. */
export const isMailRefused = (error: unknown): boolean => (error as Error | undefined)?.name === 'BadRequestException';
