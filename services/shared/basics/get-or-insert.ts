/** The map's value at `key`; if it has none, inserts and returns the result of `create`. Like ECMAScript's getOrInsertComputed. */
export function getOrInsertComputed<Key, Value extends object>(
  map: { get(key: Key): Value | undefined; set(key: Key, value: Value): unknown },
  key: Key,
  create: (key: Key) => Value,
): Value {
  const known = map.get(key);
  if (known) return known;
  const created = create(key);
  map.set(key, created);
  return created;
}
