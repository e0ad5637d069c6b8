const maxWords = 40;
const maxCharacters = 32;

/** The words of a text by which events are found: in lower case and without accents, each once. ("Così fan") → cosi, fan. */
export const wordsOf = (text: string): string[] => [
  ...new Set(
    (
      text
        .normalize('NFKD')
        .replace(/\p{M}/gu, '')
        .toLowerCase()
        .match(/[\p{L}\p{N}]+/gu) ?? []
    )
      .slice(0, maxWords)
      .map((word) => [...word].slice(0, maxCharacters).join('')),
  ),
];
