/** "2026-11-28 20:06:30.123", UTC. */
export const timeText = (ms: number) => new Date(ms).toISOString().replace('T', ' ').replace('Z', '');

/** "+123 ms" up to ten seconds, then "+12.3 s", and from ten minutes on "+12 min"; clocks that differ can make it negative. */
export function delayText(ms: number): string {
  const sign = ms < 0 ? '-' : '+';
  const size = Math.abs(ms);
  if (size < 10_000) return `${sign}${Math.round(size)} ms`;
  if (size < 600_000) return `${sign}${(size / 1_000).toFixed(1)} s`;
  return `${sign}${Math.round(size / 60_000)} min`;
}

/** A name as a JSON string, so that no control character in it reaches the terminal; cut to `most` characters. */
export const quoted = (name: string, most = 200) => JSON.stringify(name.length > most ? `${name.slice(0, most - 1)}…` : name);

/** (1, 'ticket') → "1 ticket", (50000, 'ticket') → "50,000 tickets". */
export const countOf = (number: number, word: string) => `${number.toLocaleString('en-US')} ${word}${number === 1 ? '' : 's'}`;

/** "A, B, C and 18 more": the first ten words, and how many others there are. */
export function listWords(words: string[]): string {
  const shown = words.slice(0, 10).join(', ');
  return words.length > 10 ? `${shown} and ${words.length - 10} more` : shown;
}

/** The error of every command on an event that does not exist. */
export const neverOpened = (eventId: string) =>
  new Error(`${eventId} was never opened. To see which events were: npm run onsale -- list`);

const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
/** A text as it is written in HTML, between tags or in a quoted attribute. */
export const escapeHtml = (text: string) => text.replace(/[&<>"']/g, (character) => entities[character] as string);
