/** @typedef {{ token: string | undefined, status: number, retryAfter: string | null }} Given `status`: 0 without an answer */

/** In the browser's storage: a member has signed in here. The session itself is in cookies that scripts cannot read. */
const memberKey = 'onsale-member';

export const isMember = () => localStorage.getItem(memberKey) !== null;

/** @param {boolean} isNow */
export function setMember(isNow) {
  if (isNow) localStorage.setItem(memberKey, 'yes');
  else localStorage.removeItem(memberKey);
}

/**
 * Renews a member's session with the one that the browser has at the accounts service. Returns whether it did.
 * @returns {Promise<boolean>}
 */
export async function renewSession() {
  if (!isMember()) return false;
  const { token } = await accessTokenFrom('/accounts/api/v1/tokens', {});
  if (token === undefined) return false;
  try {
    const begun = await fetch('/query/ops/session', { method: 'POST', body: new URLSearchParams({ token }), redirect: 'manual' });
    return begun.type === 'opaqueredirect';
  } catch {
    return false;
  }
}

/**
 * Signs out of this page and, as a member, of the accounts service. Then goes to the sign-in form. Throws if this page's server cannot be
 * reached.
 */
export async function signOut() {
  const isStillSignedIn = isMember() && !(await isDeleted('/accounts/api/v1/sessions/current').catch(() => false));
  if (!(await isDeleted('/query/ops/session'))) throw new Error('The server refused to sign out');
  setMember(false);
  location.assign(isStillSignedIn ? '/query/ops#still-signed-in' : '/query/ops');
}

/** @param {string} path */
const isDeleted = async (path) => (await fetch(path, { method: 'DELETE' })).ok;

/**
 * Asks the accounts service for an access token, which is undefined if it refuses or does not answer.
 * @param {string} path
 * @param {object} body
 * @returns {Promise<Given>}
 */
export async function accessTokenFrom(path, body) {
  try {
    const response = await fetch(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    const token = response.ok ? String((await response.json()).accessToken) : undefined;
    return { token, status: response.status, retryAfter: response.headers.get('retry-after') };
  } catch {
    return { token: undefined, status: 0, retryAfter: null };
  }
}
