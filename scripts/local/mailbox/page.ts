import { escapeHtml } from '../../../services/shared/basics/text.ts';
import { hashOf, layout, style } from '../plain-page.ts';
import type { Message } from './messages.ts';

/** Shows new mails as they come. Without it, the page shows those that were there when it was loaded. */
const script = `
let shown = document.querySelector('ul')?.dataset.newest ?? '';
async function look() {
  if (document.visibilityState !== 'visible') return;
  const page = new DOMParser().parseFromString(await (await fetch('/')).text(), 'text/html');
  const newest = page.querySelector('ul').dataset.newest;
  if (newest === shown) return;
  shown = newest;
  document.querySelector('ul').replaceWith(page.querySelector('ul'));
  document.querySelector('#count').textContent = page.querySelector('#count').textContent;
}
setInterval(() => look().catch(() => {}), 2000);
document.addEventListener('visibilitychange', () => look().catch(() => {}));
`;

/** The Content-Security-Policy of the pages: their own style and script, and mails in frames. */
export const pagePolicy =
  `default-src 'none'; style-src ${hashOf(style)}; script-src ${hashOf(script)}; connect-src 'self'; frame-src 'self'; ` +
  "img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/** The policy of a mail's own HTML: it may look as it likes, load and run nothing, and open links in a new tab. */
export const mailPolicy =
  "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; base-uri 'none'; frame-ancestors 'self'";

/** The inbox: all mails, newest first, with their links. */
export function inboxPage(messages: Message[]): string {
  const count = messages.length === 0 ? 'No mails yet' : messages.length === 1 ? '1 mail' : `${messages.length} mails`;
  return layout(
    'Mailbox',
    `<header>
<div><h1>Mailbox</h1><p class="muted">Mails that Onsale would have sent. Nothing leaves this machine.</p><p id="count" role="status">${count}</p></div>
<form method="post" action="/clear"><button>Delete all</button></form>
</header>
<main>
<ul data-newest="${messages[0]?.messageId ?? ''}">
${messages.map(card).join('\n')}
</ul>
</main>
<script>${script}</script>`,
  );
}

/** One mail, as text and as HTML. */
export function messagePage(message: Message): string {
  const { messageId, subject, from, to, receivedOn, text, html, headers } = message;
  const rows = Object.entries({ To: to.join(', '), From: from, Received: timeText(receivedOn), ...headers });
  return layout(
    subject,
    `<header><h1>${escapeHtml(subject)}</h1><a href="/">All mails</a></header>
<main>
<div class="card">
<dl>${rows.map(([name, value]) => `<dt>${escapeHtml(name)}</dt><dd>${escapeHtml(value)}</dd>`).join('')}</dl>
${linkList(message)}
</div>
${html ? `<section><h2>As HTML</h2><iframe src="/messages/${messageId}/html" title="The mail as HTML" sandbox="allow-popups allow-popups-to-escape-sandbox"></iframe></section>` : ''}
<section><h2>As text</h2><pre class="card">${linked(text)}</pre></section>
</main>`,
  );
}

const card = (message: Message) => `<li class="card mail">
<h2><a href="/messages/${message.messageId}">${escapeHtml(message.subject)}</a></h2>
<p class="about muted"><span>To ${escapeHtml(message.to.join(', '))}</span> <time datetime="${message.receivedOn}">${timeText(message.receivedOn)}</time></p>
${linkList(message)}
</li>`;

const linkList = ({ links }: Message) => links.map((url) => `<p class="links">${anchor(url)}</p>`).join('\n');

const anchor = (url: string) => `<a href="${escapeHtml(url)}" target="_blank" rel="noopener noreferrer">${escapeHtml(url)}</a>`;

/** A text as HTML, with its addresses as links. */
const linked = (text: string) =>
  text
    .split(/(https?:\/\/[^\s<>"]+)/)
    .map((part, at) => (at % 2 === 1 ? anchor(part) : escapeHtml(part)))
    .join('');

/** "2026-11-28 20:06:30 UTC". */
const timeText = (rfc3339: string) => `${rfc3339.slice(0, 19).replace('T', ' ')} UTC`;
