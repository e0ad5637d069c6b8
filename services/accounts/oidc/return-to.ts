import { patterned } from '../../shared/basics/patterned.ts';

/**
 * A page of this site to go to after a sign-in. Browsers take "//host", "/\host" and the like for another site, and drop tabs and line breaks,
 * so only visible ASCII without backslashes may follow the first slash.
 */
export const ReturnTo = patterned(
  '^/(?![/\\\\])[\\x21-\\x5b\\x5d-\\x7e]{0,511}$',
  'must be a path on this site, such as /orders?page=2',
  { description: 'Path on this site to go to afterwards', default: '/', examples: ['/orders?page=2'] },
);
