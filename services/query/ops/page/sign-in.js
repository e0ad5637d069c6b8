import { element } from './dom.js';

const eventId = new URLSearchParams(location.search).get('eventId');
if (eventId) element('event-id', HTMLInputElement).value = eventId;

// A link can carry the token in its fragment, which reaches no server and no log. It must not stay in the history either.
const token = new URLSearchParams(location.hash.slice(1)).get('token');
if (token) {
  history.replaceState(null, '', location.pathname + location.search);
  element('token', HTMLInputElement).value = token;
  element('sign-in', HTMLFormElement).requestSubmit();
}
