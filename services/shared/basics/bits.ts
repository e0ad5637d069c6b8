/** Whether a bit of a bitmap is set, counted as Redis counts: 0 is the highest bit of the first byte. Bits beyond the end are not set. */
export const isSet = (bytes: Buffer | null | undefined, bit: number): boolean =>
  ((bytes?.[bit >> 3] ?? 0) & (128 >> (bit & 7))) !== 0;

/** Sets a bit of a bitmap that is long enough for it. */
export function setBit(bytes: Buffer, bit: number): void {
  bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) | (128 >> (bit & 7));
}
