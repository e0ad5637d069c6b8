import { element } from './dom.js';

const eventId = new URLSearchParams(location.search).get('eventId');
if (eventId) element('event-id', HTMLInputElement).value = eventId;

// A link can carry the token in its fragment, which is sent to no server and is in no log; nor may it stay in the history.
const token = new URLSearchParams(location.hash.slice(1)).get('token');
if (token) {
  history.replaceState(null, '', location.pathname + location.search);
  element('token', HTMLInputElement).value = token;
  element('sign-in', HTMLFormElement).requestSubmit();
}
