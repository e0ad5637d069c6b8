import { createHash } from 'node:crypto';
import { escapeHtml } from '../../services/shared/basics/text.ts';

/** The style of the pages of the local counterparts of outside companies. */
export const style = `
:root { --page: #f5f6f8; --surface: #fff; --text: #14181f; --muted: #566070; --line: #dfe3e9; --accent: #1f5fd0; --on-accent: #fff; }
@media (prefers-color-scheme: dark) {
  :root { --page: #0e1116; --surface: #171b22; --text: #eef1f5; --muted: #a2acba; --line: #2a3039; --accent: #74a9ff; --on-accent: #0e1116; }
}
*, *::before, *::after { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--text); font: 1rem/1.6 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
header, main { max-width: 56rem; margin: 0 auto; padding: 0 clamp(1rem, 4vw, 2.5rem); }
header { display: flex; flex-wrap: wrap; gap: 1rem 2rem; align-items: center; justify-content: space-between; padding-block: 2rem 1rem; }
main { padding-bottom: 3rem; }
h1, h2, p, ul, dl, dd, pre { margin: 0; padding: 0; }
h1 { font-size: 1.75rem; line-height: 1.2; letter-spacing: -0.02em; overflow-wrap: anywhere; }
h2 { font-size: 1.0625rem; line-height: 1.4; overflow-wrap: anywhere; }
ul { list-style: none; display: grid; gap: 0.75rem; margin-top: 1rem; }
a { color: var(--accent); text-underline-offset: 0.2em; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; border-radius: 2px; }
.muted { color: var(--muted); }
.card { padding: 1rem clamp(1rem, 3vw, 1.5rem); border: 1px solid var(--line); border-radius: 0.75rem; background: var(--surface); }
.mail { display: grid; gap: 0.25rem; }
.about { display: flex; flex-wrap: wrap; gap: 0 1rem; justify-content: space-between; overflow-wrap: anywhere; }
.links { margin-top: 0.25rem; overflow-wrap: anywhere; }
button { padding: 0.375rem 0.875rem; border: 1px solid var(--line); border-radius: 0.5rem; background: var(--surface); color: var(--text); font: inherit; cursor: pointer; }
button:hover { border-color: var(--muted); }
dl { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: 0.25rem 1rem; margin-bottom: 0.5rem; }
dt { color: var(--muted); }
dd { overflow-wrap: anywhere; }
iframe { width: 100%; height: 34rem; margin-top: 1rem; border: 1px solid var(--line); border-radius: 0.75rem; background: #fff; }
pre { margin-top: 1rem; white-space: pre-wrap; overflow-wrap: anywhere; font: 0.875rem/1.6 ui-monospace, "SF Mono", Menlo, Consolas, monospace; }
section { margin-top: 1.5rem; }
.narrow { max-width: 28rem; }
.fields { display: grid; gap: 0.5rem; margin-top: 1rem; }
input { padding: 0.5rem 0.75rem; border: 1px solid var(--muted); border-radius: 0.5rem; background: var(--page); color: var(--text); font: inherit; width: 100%; }
`;

/** Allows an inline style or script in a Content-Security-Policy. */
export const hashOf = (content: string) => `'sha256-${createHash('sha256').update(content).digest('base64')}'`;

/** A whole page. `body` is HTML. */
export const layout = (title: string, body: string) => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(title)}</title>
<link rel="icon" href="data:,">
<style>${style}</style>
</head>
<body>
${body}
</body>
</html>
`;
