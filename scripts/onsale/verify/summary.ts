import { plainDecimal } from '../../../services/shared/money.ts';
import { decimalOf, type Sums, totalOf } from './sums.ts';

/** One line on an event: what was compared, and what of it is in motion. */
export function summaryOf(of: {
  eventId: string;
  currency: string;
  sums: Sums;
  applied: number;
  differences: number;
  held: number;
  inFlight: number;
  awaited: number;
  selling: number;
}): string {
  const { eventId, currency, sums, applied, differences, held, inFlight, awaited, selling } = of;
  const { tickets, units } = totalOf(sums);
  const what = `${eventId}: ${count(tickets, 'ticket')} for ${plainDecimal(decimalOf(units), currency)} ${currency}, ${count(applied, 'domain event')}`;
  const rest = [
    differences === 0 ? 'nothing missing, nothing twice' : count(differences, 'difference'),
    ...(held > 0 ? [`${count(held, 'ticket')} held`] : []),
    ...(inFlight > 0 ? [`${count(inFlight, 'domain event')} in flight`] : []),
    ...(awaited > 0 ? [`${count(awaited, 'ticket')} to be cancelled by them`] : []),
    ...(selling > 0 ? [`${count(selling, 'zone')} still selling, compared in part`] : []),
  ];
  return `${what}, ${rest.join('; ')}`;
}

/** (1, 'ticket') → "1 ticket", (50000, 'ticket') → "50,000 tickets". */
const count = (number: number, word: string) => `${number.toLocaleString('en-US')} ${word}${number === 1 ? '' : 's'}`;
