import { Type } from 'typebox';

const sentences = new Map<string, string>();

/** A string that matches `pattern`. Whoever sends another one reads `sentence` ("must be …"), and never the expression. */
export function patterned(pattern: string, sentence: string, options: Record<string, unknown> = {}) {
  sentences.set(pattern, sentence);
  return Type.String({ pattern, ...options });
}

/** What a text must be to match a pattern of `patterned`; undefined for any other pattern. */
export const sentenceOf = (pattern: string): string | undefined => sentences.get(pattern);
