import type { KyselyPlugin } from 'kysely';

/** Notes the kind of each statement in `work`. */
export const noteStatements = (work: string[]): KyselyPlugin => ({
  transformQuery({ node }) {
    work.push(node.kind);
    return node;
  },
  transformResult: async ({ result }) => result,
});
