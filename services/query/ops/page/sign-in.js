import { element, setText } from './dom.js';
import { accessTokenFrom, isMember, setMember } from './member.js';

/** @import { Given } from './member.js' */

const unreachable = 'Accounts cannot be reached right now. Please try again in a moment.';

const eventInput = element('event-id', HTMLInputElement);
const eventId = new URLSearchParams(location.search).get('eventId');
if (eventId) eventInput.value = eventId;

// A link can carry the token in its fragment, which reaches no server and no log. It must not stay in the history either.
const fragment = new URLSearchParams(location.hash.slice(1));
const token = fragment.get('token');
if (location.hash) history.replaceState(null, '', location.pathname + location.search);
if (token) enter(token);
else if ('accounts' in document.body.dataset) offerAccounts();
if (fragment.has('still-signed-in')) {
  complain('You are signed out of this page. Accounts could not be reached, so this browser may still be signed in there.');
}

/** @param {string} given */
function enter(given) {
  element('token', HTMLInputElement).value = given;
  element('sign-in', HTMLFormElement).requestSubmit();
}

/** @param {string} text */
function complain(text) {
  setText(element('error'), text);
}

function offerAccounts() {
  const form = element('member', HTMLFormElement);
  form.hidden = false;
  element('email', HTMLInputElement).focus();
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    void signIn();
  });
  void offerProviders();
  // A member whose session here ended, but not at the accounts service, comes in at once; but not again if that was just refused.
  if (element('error').textContent !== '') setMember(false);
  else if (isMember()) void comeBack();
}

async function comeBack() {
  const given = await accessTokenFrom('/accounts/api/v1/tokens', {});
  if (given.token) return enter(given.token);
  if (given.status !== 401) return complain(unreachable);
  setMember(false);
  complain('Your session has ended. Please sign in again.');
}

async function signIn() {
  complain('');
  const [email, password] = ['email', 'password'].map((id) => element(id, HTMLInputElement).value);
  const given = await accessTokenFrom('/accounts/api/v1/sign-ins', { email, password, session: 'cookie' });
  if (!given.token) return complain(reasonOf(given));
  setMember(true);
  enter(given.token);
}

/** @param {Given} refused */
function reasonOf({ status, retryAfter }) {
  if (status === 429) return `Too many attempts. Try again in ${retryAfter} s.`;
  return status >= 400 && status < 500 ? 'The e-mail address or the password is wrong.' : unreachable;
}

/** Links to the OpenID providers that accounts knows. They lead back to this page, which then finds the session. */
async function offerProviders() {
  /** @type {{ name: string, startUrl: string }[]} */
  let providers = [];
  try {
    const response = await fetch('/accounts/api/v1/providers');
    if (response.ok) providers = await response.json();
  } catch {
    // Without accounts there are none.
  }
  const back = eventInput.value ? `/query/ops?eventId=${encodeURIComponent(eventInput.value)}` : '/query/ops';
  for (const { name, startUrl } of providers) {
    const link = document.createElement('a');
    link.href = `${startUrl}?returnTo=${encodeURIComponent(back)}`;
    link.textContent = `Sign in with ${name}`;
    link.addEventListener('click', () => setMember(true));
    element('ways').append(link);
  }
}
