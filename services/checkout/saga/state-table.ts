import { markdownTable } from '../../shared/basics/markdown-table.ts';
import { states } from './states.ts';

/** The saga's states as Markdown, for the README. */
export function stateTable(): string {
  const head = ['state', 'means', 'who goes on', 'leads to'];
  const rows = Object.entries(states).map(([state, { means, by, to }]) => [
    `\`${state}\``,
    means,
    by === 'step' ? 'the saga' : by,
    to.map((next) => `\`${next}\``).join(', '),
  ]);
  return markdownTable(head, rows);
}
