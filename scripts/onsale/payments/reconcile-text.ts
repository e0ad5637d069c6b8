import { type Lines, moneyText, type Reconciliation } from '../../../services/checkout/reconcile/findings.ts';
import { countOf } from '../../../services/shared/basics/text.ts';

/** What reconciling has found, for a terminal. */
export function reconcileText(results: Reconciliation[], { sinceMs, isDryRun }: { sinceMs: number; isDryRun: boolean }): string {
  const since = `${new Date(sinceMs).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
  const total = (of: 'repaired' | 'toDo') => results.reduce((sum, result) => sum + result[of].count, 0);
  const [repaired, toDo] = [total('repaired'), total('toDo')];
  const isWhole = results.every(({ away }) => away === undefined);
  const verdict = [
    ...(repaired > 0 ? [`${repaired.toLocaleString('en-US')} ${isDryRun ? 'would be repaired' : 'repaired'}`] : []),
    ...(toDo > 0 ? [`${toDo.toLocaleString('en-US')} for you to look at`] : []),
    ...(isWhole ? [] : ['not everything could be compared']),
  ];
  return [
    ...results.flatMap((result) => [
      `${result.provider} since ${since}: ${comparedText(result)}`,
      ...detailsOf(result, isDryRun),
    ]),
    verdict.length === 0 ? 'Everything agrees.' : `${verdict.join(', ')}.`,
  ].join('\n');
}

const comparedText = ({ payments, refunds }: Reconciliation) =>
  `${countOf(payments, 'payment')} and ${countOf(refunds, 'refund')} compared`;

function detailsOf({ repaired, toDo, busy, foreign, away, provider }: Reconciliation, isDryRun: boolean): string[] {
  const sums = [...foreign.captured].filter(([, minor]) => minor > 0).map(([currency, minor]) => moneyText(minor, currency));
  return [
    ...listed(repaired, isDryRun ? 'would repair' : 'repaired'),
    ...listed(toDo, 'look at'),
    ...(busy > 0 ? [`  ${countOf(busy, 'payment')} of checkouts in progress: they are asked for by themselves`] : []),
    ...(foreign.payments > 0
      ? [
          `  ${countOf(foreign.payments, 'payment')} with this account that Onsale did not make${sums.length > 0 ? ` (${sums.join(', ')} taken)` : ''}: nothing was done`,
        ]
      : []),
    ...(away === undefined
      ? []
      : [`  not finished: ${provider} or another part cannot be reached (${away}); run this again later`]),
  ];
}

const listed = ({ count, lines }: Lines, label: string) => [
  ...lines.map((line) => `  ${label}: ${line}`),
  ...(count > lines.length ? [`  … and ${(count - lines.length).toLocaleString('en-US')} more: ${label}`] : []),
];
