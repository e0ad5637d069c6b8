import { type Static, Type } from 'typebox';
import { Value } from 'typebox/value';
import type { Message } from './messages.ts';

const Content = Type.Object({ Data: Type.String() });
const Named = Type.Object({ Name: Type.String(), Value: Type.String() });

/** The parts of a SendEmail request that Onsale uses (SES API v2). */
const SendEmail = Type.Object({
  FromEmailAddress: Type.String({ minLength: 3 }),
  Destination: Type.Object({ ToAddresses: Type.Array(Type.String(), { minItems: 1, maxItems: 50 }) }),
  Content: Type.Object({
    Simple: Type.Object({
      Subject: Content,
      Body: Type.Object({ Text: Type.Optional(Content), Html: Type.Optional(Content) }),
      Headers: Type.Optional(Type.Array(Named)),
    }),
  }),
  EmailTags: Type.Optional(Type.Array(Named)),
});

/** SES takes ASCII only: another host name must be in its Punycode form. */
const address = /^[\x21-\x7e]+@[\x21-\x7e]+$/;
/** What SES allows in a tag. */
const tag = /^[A-Za-z0-9_.@-]{1,256}$/;

/** A request as a mail, or the reason why SES would refuse it. */
export function readSendEmail(body: unknown): Omit<Message, 'messageId' | 'receivedOn' | 'links'> | { refusal: string } {
  if (!Value.Check(SendEmail, body)) {
    const [fault] = Value.Errors(SendEmail, body);
    return { refusal: `${fault?.instancePath ?? ''} ${fault?.message ?? 'is malformed'}` };
  }
  const { FromEmailAddress: from, Destination, Content: content, EmailTags: tags = [] }: Static<typeof SendEmail> = body;
  const { Subject, Body, Headers = [] } = content.Simple;
  const { ToAddresses: to } = Destination;
  if (!to.every((one) => address.test(one))) return { refusal: 'Invalid email address' };
  if (!tags.every(({ Name, Value: value }) => tag.test(Name) && tag.test(value))) return { refusal: 'Invalid tag' };
  const record = (given: Static<typeof Named>[]) => Object.fromEntries(given.map(({ Name, Value: value }) => [Name, value]));
  return {
    from,
    to,
    subject: Subject.Data,
    text: Body.Text?.Data ?? '',
    html: Body.Html?.Data ?? '',
    headers: record(Headers),
    tags: record(tags),
  };
}
