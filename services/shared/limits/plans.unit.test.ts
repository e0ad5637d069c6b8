import { Type } from 'typebox';
import { expect, it } from 'vitest';
import { limitSettings, loadConfig } from '../process/config.ts';
import { parsePlans } from './plans.ts';

const schema = Type.Object(limitSettings({ perSecond: 1, atOnce: 1 }));

it('every plan has a rate, a burst and a quota by default', () => {
  const plans = parsePlans(loadConfig(schema, {}).API_KEY_PLANS);
  expect([...plans.keys()]).toEqual(['standard', 'partner', 'vip']);
  for (const { perSecond, burst, perDay } of plans.values()) {
    expect(burst).toBeGreaterThanOrEqual(perSecond);
    expect(perDay).toBeGreaterThan(burst);
  }
});

it.each(['', 'gold=1/2/3', 'standard=0/2/3', 'standard=1/2', 'standard=1/2/3;vip=1/2/3', 'standard=1e3/2/3'])(
  'plans as %j are refused at the start, or the default',
  (text) => {
    const read = () => parsePlans(loadConfig(schema, { API_KEY_PLANS: text }).API_KEY_PLANS);
    if (text === '') expect(read().size).toBe(3);
    else expect(read).toThrow('API_KEY_PLANS must be a comma-separated list of plans');
  },
);

it('reads what it is set to', () => {
  expect(parsePlans('standard=1/2/3,vip=4/5/6')).toEqual(
    new Map([
      ['standard', { perSecond: 1, burst: 2, perDay: 3 }],
      ['vip', { perSecond: 4, burst: 5, perDay: 6 }],
    ]),
  );
});
