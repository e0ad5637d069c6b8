import { countOf } from '../../../services/shared/basics/text.ts';
import { plainDecimal } from '../../../services/shared/terms/money.ts';
import { decimalOf, type Sums, totalOf } from './sums.ts';

/** One line about an event: what was compared, and what is still changing. */
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
  const what = `${eventId}: ${countOf(tickets, 'ticket')} for ${plainDecimal(decimalOf(units), currency)} ${currency}, ${countOf(applied, 'domain event')}`;
  const rest = [
    differences === 0 ? 'nothing missing, nothing twice' : countOf(differences, 'difference'),
    ...(held > 0 ? [`${countOf(held, 'ticket')} held`] : []),
    ...(inFlight > 0 ? [`${countOf(inFlight, 'domain event')} in flight`] : []),
    ...(awaited > 0 ? [`${countOf(awaited, 'ticket')} that they will cancel`] : []),
    ...(selling > 0 ? [`${countOf(selling, 'zone')} still selling, only partly compared`] : []),
  ];
  return `${what}, ${rest.join('; ')}`;
}
