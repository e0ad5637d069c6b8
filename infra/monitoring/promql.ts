import type { SyntaxNode } from '@lezer/common';
import { parser } from '@prometheus-io/lezer-promql';

/** A series that an expression asks for, by its name, and the labels that must be on it. */
export type Asked = { metric: string; labels: string[] };

/** What Prometheus itself puts on every series that it scrapes. */
export const labelsOfScrape = ['job', 'instance'];

/** What an expression of PromQL asks for: labels in `{…}`, and in every `by (…)` around it. Throws where it does not parse. */
export function readExpression(expression: string): Asked[] {
  // Grafana puts a duration here.
  const text = expression.replaceAll('$__rate_interval', '1m');
  const textOf = (node: SyntaxNode) => text.slice(node.from, node.to);
  const labelsIn = (node: SyntaxNode | null) => (node ? descendants(node, 'LabelName').map(textOf) : []);
  const tree = parser.parse(text);
  const fault = descendants(tree.topNode).find(({ type }) => type.isError);
  if (fault) throw new Error(`${text} does not parse at character ${fault.from + 1}`);

  return descendants(tree.topNode, 'VectorSelector').map((selector) => {
    const name = selector.getChild('Identifier');
    if (!name) throw new Error(`${textOf(selector)} names no metric`);
    const aggregated = ancestors(selector, 'AggregateExpr').map((around) => around.getChild('AggregateModifier'));
    const labels = [selector.getChild('LabelMatchers'), ...aggregated].flatMap(labelsIn);
    return { metric: textOf(name), labels: [...new Set(labels)] };
  });
}

/** The nodes in a node, of one name or all. */
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
