import type { SyntaxNode } from '@lezer/common';
import { parser } from '@prometheus-io/lezer-promql';

/** A metric that an expression queries, and the labels that its series must have. */
export type Asked = { metric: string; labels: string[] };

/** The labels that Prometheus itself adds to every scraped series. */
export const labelsOfScrape = ['job', 'instance'];

/** The metrics that a PromQL expression queries, with the labels in `{…}` and in every enclosing `by (…)`. Throws if it is invalid. */
export function readExpression(expression: string): Asked[] {
  // Grafana replaces this with a duration.
  const text = expression.replaceAll('$__rate_interval', '1m');
  const textOf = (node: SyntaxNode) => text.slice(node.from, node.to);
  const labelsIn = (node: SyntaxNode | null) => (node ? descendants(node, 'LabelName').map(textOf) : []);
  const tree = parser.parse(text);
  const fault = descendants(tree.topNode).find(({ type }) => type.isError);
  if (fault) throw new Error(`${text} does not parse at character ${fault.from + 1}`);

  return descendants(tree.topNode, 'VectorSelector').map((selector) => {
    const name = selector.getChild('Identifier');
    if (!name) throw new Error(`${textOf(selector)} does not name a metric`);
    const aggregated = ancestors(selector, 'AggregateExpr').map((around) => around.getChild('AggregateModifier'));
    const labels = [selector.getChild('LabelMatchers'), ...aggregated].flatMap(labelsIn);
    return { metric: textOf(name), labels: [...new Set(labels)] };
  });
}

/** All nodes inside a node, or only those with one name. */
function descendants(node: SyntaxNode, name?: string): SyntaxNode[] {
  const found: SyntaxNode[] = [];
  node.cursor().iterate((at) => {
    if (name === undefined || at.name === name) found.push(at.node);
  });
  return found;
}

function ancestors(node: SyntaxNode, name: string): SyntaxNode[] {
  const { parent } = node;
  if (!parent) return [];
  return [...(parent.name === name ? [parent] : []), ...ancestors(parent, name)];
}
