/** The value of a form with nested names, as Stripe takes them: "a[b]=1&c[0]=2" → { a: { b: '1' }, c: { 0: '2' } }. */
export type Form = { [name: string]: string | Form };

export function parseForm(body: string): Form {
  const form: Form = {};
  for (const [name, value] of new URLSearchParams(body)) {
    const parts = [...name.matchAll(/[^[\]]+/g)].map(([part]) => part);
    const last = parts.pop();
    if (last === undefined) continue;
    let place = form;
    for (const part of parts) {
      const inner = Object.hasOwn(place, part) ? place[part] : undefined;
      const next = typeof inner === 'object' ? inner : {};
      if (next !== inner)
        Object.defineProperty(place, part, { value: next, enumerable: true, configurable: true, writable: true });
      place = next;
    }
    Object.defineProperty(place, last, { value, enumerable: true, configurable: true, writable: true });
  }
  return form;
}
