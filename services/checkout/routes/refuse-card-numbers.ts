import type { preValidationHookHandler } from 'fastify';
import type { HttpServer } from '../../shared/http/http-server.ts';
import { sendProblem } from '../../shared/http/problems.ts';

/** 13 to 19 digits (ISO/IEC 7812), in a row or in groups. */
const candidates = /(?<!\d)\d(?:[ +._-]?\d){12,18}(?!\d)/g;
const encoded = /%([0-9a-f]{2})/gi;
/** How the numbers of cards begin, and how long they are: those of Visa, Mastercard, American Express, Diners, JCB, Discover, UnionPay, Maestro. */
const ofCards = /^(?:4\d{12}(?:\d{3}){0,2}|5\d{15}|2[2-7]\d{14}|3[47]\d{13}|3[068]\d{12}|35\d{14}|6\d{15,18})$/;
/** Ids of ours, which may happen to look like one. */
const ids = new Set(['holdId', 'ticketIds']);
const uuids = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/gi;

/**
 * Refuses every request to the API, registered after this call, with what looks like the number of a card in its body: it must reach no log, no
 * trace, no table and no other service. Card data goes from the browser to the provider.
 */
export function refuseCardNumbers(app: HttpServer): void {
  const refuse: preValidationHookHandler = ({ body }, reply, done) => {
    const text = JSON.stringify([body], (name, value) => (ids.has(name) ? undefined : value));
    if (!hasCardNumber(text)) return done();
    const detail =
      'The request seems to contain a card number, which is not accepted here: it goes from the browser to the provider only';
    void sendProblem(reply, 'INVALID_REQUEST', { detail });
  };
  app.addHook('onRoute', (route) => {
    if (route.url.includes('/api/')) route.preValidation = [refuse, ...[route.preValidation ?? []].flat()];
  });
}

/** Whether a text contains digits that are the number of a card: its beginning, its length and its check digit are right. */
export function hasCardNumber(text: string): boolean {
  const decoded = text.replaceAll(encoded, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  const found = decoded.replaceAll(uuids, '').match(candidates) ?? [];
  return found.map((candidate) => candidate.replaceAll(/\D/g, '')).some((digits) => ofCards.test(digits) && isLuhn(digits));
}

/** Whether the last digit is the check digit of the others (ISO/IEC 7812-1, annex B). */
function isLuhn(digits: string): boolean {
  const sum = [...digits].reverse().reduce((total, digit, at) => {
    const doubled = Number(digit) * (at % 2 === 0 ? 1 : 2);
    return total + (doubled > 9 ? doubled - 9 : doubled);
  }, 0);
  return sum % 10 === 0;
}
