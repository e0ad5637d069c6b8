import { countOf, quoted } from '../../../services/shared/basics/text.ts';

const maxExamples = 3;

/** Collects what an import could not keep. Equal remarks become one line, with how often and the first examples. */
export type Notes = ReturnType<typeof createNotes>;

export function createNotes() {
  const remarks = new Map<string, { remark: string; count: number; word: string; examples: string[] }>();
  return {
    /** ("{} left out", "area", "Stage") → `3 areas (such as "Stage") left out`. */
    add(remark: string, word: string, example?: string) {
      const known = remarks.get(`${word} ${remark}`) ?? { remark, count: 0, word, examples: [] };
      remarks.set(`${word} ${remark}`, known);
      known.count++;
      if (example !== undefined && known.examples.length < maxExamples && !known.examples.includes(example)) {
        known.examples.push(example);
      }
    },
    lines: (): string[] =>
      Array.from(remarks.values(), ({ remark, count, word, examples }) => {
        const such =
          examples.length > 0
            ? ` (${count > examples.length ? 'such as ' : ''}${examples.map((text) => quoted(text, 80)).join(', ')})`
            : '';
        return remark.replace('{}', `${countOf(count, word)}${such}`);
      }),
  };
}
