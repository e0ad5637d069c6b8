/** Why there is no place: all are taken, or all that one owner may have. */
export type NoPlace = 'full' | 'full-for-owner';

/**
 * A limited number of places, of which each owner may have only so many; without an owner, only the whole counts. The returned function takes
 * one. It returns the function, to be called once, that gives the place back; or why there is none.
 */
export function createPlaces(most: number, mostPerOwner = most): (owner?: string) => (() => void) | NoPlace {
  let taken = 0;
  const byOwner = new Map<string, number>();
  return (owner) => {
    const own = owner === undefined ? 0 : (byOwner.get(owner) ?? 0);
    if (own >= mostPerOwner) return 'full-for-owner';
    if (taken >= most) return 'full';
    taken++;
    if (owner !== undefined) byOwner.set(owner, own + 1);
    return () => {
      taken--;
      if (owner === undefined) return;
      const left = (byOwner.get(owner) ?? 1) - 1;
      if (left > 0) byOwner.set(owner, left);
      else byOwner.delete(owner);
    };
  };
}
