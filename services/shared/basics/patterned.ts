import { Type } from 'typebox';

const sentences = new Map<string, string>();

/** A string that matches `pattern`. The error for any other string is `sentence` ("must be …"), never the regular expression. */
export function patterned(pattern: string, sentence: string, options: Record<string, unknown> = {}) {
  sentences.set(pattern, sentence);
  return Type.String({ pattern, ...options });
}

/** The sentence that `patterned` was given for a pattern; undefined for any other pattern. */
export const sentenceOf = (pattern: string): string | undefined => sentences.get(pattern);
