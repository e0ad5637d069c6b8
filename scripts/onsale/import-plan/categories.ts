import type { Notes } from './notes.ts';
import type { SeatingPlan } from './plan-file.ts';

const maxIdLength = 32;

/** A category of the event file. */
export type Category = { categoryId: string; name: string };

/** The plan's categories that seats have, by their names in the plan. */
export function readCategories({ categories, zones }: SeatingPlan, notes: Notes): Map<string, Category> {
  const used = new Set(zones.flatMap(({ rows }) => rows.flatMap(({ seats }) => seats.map(({ category }) => category))));
  const named = new Set(categories.map(({ name }) => name));
  for (const name of named) if (!used.has(name)) notes.add('{} left out, because no seat has it', 'category', name);
  for (const name of used)
    if (!named.has(name)) notes.add("{} added, which seats have but the plan's list lacks", 'category', name);
  const ids = new Set<string>();
  return new Map(
    [...named, ...used.difference(named)]
      .filter((name) => used.has(name))
      .map((name, at) => {
        const wanted = idOf(name, maxIdLength) || `Category-${at + 1}`;
        let categoryId = wanted;
        for (let number = 2; ids.has(categoryId); number++) {
          categoryId = `${wanted.slice(0, maxIdLength - 1 - String(number).length)}-${number}`;
        }
        ids.add(categoryId);
        return [name, { categoryId, name: nameOf(name) || categoryId }];
      }),
  );
}

/** The letters and digits of a name, as an id has them: "Große Bühne" → "Groe-Buhne"; "" if it has none. */
export const idOf = (name: string, most: number): string =>
  name
    .normalize('NFKD')
    .replace(/\s+/g, '-')
    .replace(/[^A-Za-z0-9._-]/g, '')
    .replace(/-+/g, '-')
    .replace(/^[._-]+/, '')
    .slice(0, most);

/** A name as one line of at most 200 characters. */
export const nameOf = (name: string): string =>
  name
    .replace(/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]+/gu, ' ')
    .trim()
    .slice(0, 200);
