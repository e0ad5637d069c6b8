/** What an API key may send: `perSecond` on average, `burst` together, and `perDay` (UTC) in all. */
export type Plan = { perSecond: number; burst: number; perDay: number };

/** Plans as the setting API_KEY_PLANS has them: `standard=10/20/100000, partner=…`. */
export function parsePlans(text: string): ReadonlyMap<string, Plan> {
  const plans = text.split(',').map((item): [string, Plan] => {
    const [name = '', numbers = ''] = item.trim().split('=');
    const [perSecond = 0, burst = 0, perDay = 0] = numbers.split('/').map(Number);
    return [name, { perSecond, burst, perDay }];
  });
  return new Map(plans);
}
