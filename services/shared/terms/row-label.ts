const letterA = 'A'.charCodeAt(0);

/** A row's letters as its number, counting from 1 in base 26 without a zero: A → 1, z → 26, AA → 27. */
export function rowNumber(label: string): number {
  let number = 0;
  for (const letter of label.toUpperCase()) number = number * 26 + (letter.charCodeAt(0) - letterA + 1);
  return number;
}

/** The canonical (upper-case) letters of a row number: 1 → A, 26 → Z, 27 → AA. */
export function rowLabel(number: number): string {
  let label = '';
  for (let rest = number; rest > 0; rest = Math.floor((rest - 1) / 26)) {
    label = String.fromCharCode(letterA + ((rest - 1) % 26)) + label;
  }
  return label;
}
