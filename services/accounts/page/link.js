/**
 * One thing to do with an account: which one, the page's fragment says, as `action` or `action=token`. It reaches no server and no log.
 *
 * @typedef {{ title: string, text: string, button: string, fields: string[], path: string, done: string, isCookie?: boolean,
 *   newPassword?: boolean }} Action
 */

const api = '/accounts/api/v1';
const mailed = 'Please look into your inbox: we have sent you a mail.';

/** @type {Record<string, Action>} */
const actions = {
  '': {
    title: 'Sign in',
    text: '',
    button: 'Sign in',
    fields: ['email', 'password'],
    path: '/sign-ins',
    done: 'You are signed in.',
    isCookie: true,
  },
  'sign-up': {
    title: 'Sign up',
    text: 'You will get a mail with a link to confirm your address. Then you choose a password.',
    button: 'Sign up',
    fields: ['email'],
    path: '/sign-ups',
    done: mailed,
  },
  forgotten: {
    title: 'Set a new password',
    text: 'You will get a mail with a link.',
    button: 'Send the link',
    fields: ['email'],
    path: '/password-resets',
    done: mailed,
  },
  welcome: {
    title: 'Welcome to Onsale',
    text: 'Choose a password, and your account is ready.',
    button: 'Create the account',
    fields: ['name', 'password'],
    path: '/sign-ups/confirmations',
    done: 'Thank you: your account is ready. You can sign in now.',
    newPassword: true,
  },
  invitation: {
    title: 'Accept the invitation',
    text: 'The organiser who invited you will see your name and e-mail address. If you have no account yet, you get one.',
    button: 'Accept',
    fields: [],
    path: '/invitations/confirmations',
    done: 'Thank you: you are a member now. Sign in, or set a password first if you have none.',
  },
  verify: {
    title: 'Confirm your e-mail address',
    text: 'One click while you are signed in to your account in this browser, and the address is confirmed.',
    button: 'Confirm address',
    fields: [],
    path: '/verifications',
    done: 'Thank you: the address is confirmed. You can sign in now.',
  },
  reset: {
    title: 'Set a new password',
    text: 'This signs you out on all devices.',
    button: 'Set the password',
    fields: ['password'],
    path: '/password-resets/confirmations',
    done: 'The new password is valid. You can sign in now.',
    newPassword: true,
  },
  'sign-in': {
    title: 'Sign in',
    text: 'One click, and you are signed in on this device.',
    button: 'Sign in',
    fields: [],
    path: '/sign-ins/link',
    done: 'You are signed in.',
    isCookie: true,
  },
};

let token = '';
/** @type {Action | undefined} */
let action;

const form = element('form', HTMLFormElement);
form.addEventListener('submit', (event) => {
  event.preventDefault();
  void act();
});
addEventListener('hashchange', show);
show();

/** Shows the form for the fragment, and takes a token out of the address, so that it does not stay in the history. */
function show() {
  const [name = '', given = ''] = location.hash.slice(1).split('=', 2);
  token = given;
  if (token) history.replaceState(null, '', `${location.pathname}#${name}`);
  action = actions[name] ?? actions[''];
  if (!action) return;
  document.title = `${action.title} · Onsale`;
  element('title', HTMLElement).textContent = action.title;
  element('text', HTMLElement).textContent = action.text;
  element('go', HTMLButtonElement).textContent = action.button;
  for (const field of form.querySelectorAll('[data-field]')) {
    const isShown = action.fields.includes(String(field.getAttribute('data-field')));
    field.toggleAttribute('hidden', !isShown);
    const input = field.querySelector('input');
    if (input) input.required = isShown && input.name !== 'name';
  }
  const password = element('password', HTMLInputElement);
  password.value = '';
  password.autocomplete = action.newPassword ? 'new-password' : 'current-password';
  element('rules', HTMLElement).hidden = !action.newPassword;
  form.hidden = false;
  say('');
}

async function act() {
  if (!action) return;
  const { fields, path, isCookie, done } = action;
  const values = Object.fromEntries(
    fields.map((name) => [name, element(name, HTMLInputElement).value]).filter(([, value]) => value !== ''),
  );
  const body = { ...values, ...(token && { token }), ...(isCookie && { session: 'cookie' }) };
  const go = element('go', HTMLButtonElement);
  go.disabled = true;
  say('');
  try {
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(api + path, { method: 'POST', headers, body: JSON.stringify(body) });
    if (!response.ok) return say(await reasonOf(response), true);
    form.hidden = true;
    say(done);
  } catch {
    say('We cannot be reached right now. Please try again.', true);
  } finally {
    go.disabled = false;
  }
}

/** @param {Response} response */
async function reasonOf(response) {
  const { code, title = 'Something went wrong', errors = [] } = await response.json().catch(() => ({}));
  if (code === 'SIGN_IN_AGAIN') return 'Please sign in to your account in this browser, and follow the link again.';
  const seconds = response.headers.get('retry-after');
  if (response.status === 429) return `${title}. Please wait ${seconds} seconds, or sign in by a link in a mail.`;
  if (response.status === 503) return 'We are busy right now. Please try again in a moment.';
  const [first] = errors;
  return first?.pointer ? `${first.pointer.slice(2)} ${first.detail}` : `${title}.`;
}

/**
 * @param {string} text
 * @param {boolean} isBad
 */
function say(text, isBad = false) {
  const result = element('result', HTMLElement);
  result.textContent = text;
  result.classList.toggle('bad', isBad);
}

/**
 * @template {HTMLElement} T
 * @param {string} id
 * @param {new () => T} type
 * @returns {T}
 */
function element(id, type) {
  const found = document.getElementById(id);
  if (!(found instanceof type)) throw new Error(`The page has no ${id}`);
  return found;
}
