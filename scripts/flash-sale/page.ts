/** A self-contained page that loads nothing from the network. `body` is HTML. */
export const pageOf = (title: string, body: string) => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(title)}</title>
<style>
:root { --page: #f6f7f9; --card: #fff; --text: #1b2330; --muted: #566173; --line: #dde2ea;
  --green: #16834a; --blue: #1f66d1; --amber: #b3610a; --red: #c4262e; }
@media (prefers-color-scheme: dark) {
  :root { --page: #12161d; --card: #1b212b; --text: #e9edf4; --muted: #a3aec0; --line: #333c4a;
    --green: #4cc987; --blue: #6ea8ff; --amber: #f0a44b; --red: #ff7b7f; }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--text); font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 1180px; margin: 0 auto; padding: 24px 16px 48px; }
h1 { font-size: 1.7rem; line-height: 1.2; margin: 0 0 4px; }
h2 { font-size: 1.1rem; margin: 0; }
p { margin: 0 0 8px; }
.muted { color: var(--muted); }
.verdict { font-size: 1.15rem; font-weight: 600; margin: 12px 0 20px; }
.good { color: var(--green); }
.bad { color: var(--red); }
.figures { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 165px), 1fr)); gap: 12px; margin: 0 0 24px; }
.figures > div, section { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 14px 16px; }
dt { color: var(--muted); font-size: .9rem; }
.figures dd { margin: 0; font-size: 1.45rem; font-weight: 650; line-height: 1.3; font-variant-numeric: tabular-nums; }
.figures dd small { display: block; font-size: .82rem; font-weight: 400; color: var(--muted); overflow-wrap: anywhere; }
.figures .wide { grid-column: span 2; }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 480px), 1fr)); gap: 16px; }
figure { margin: 8px 0 0; }
figure svg { display: block; width: 100%; height: auto; }
section + section, .charts + section { margin-top: 16px; }
.charts > section { margin-top: 0; }
.scroll { overflow: auto; max-height: 24rem; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { text-align: right; padding: 4px 12px 4px 0; border-bottom: 1px solid var(--line); white-space: nowrap; }
th { color: var(--muted); font-weight: 500; }
.about th, .about td { text-align: left; white-space: normal; vertical-align: top; }
code { font-size: .92em; overflow-wrap: anywhere; }
summary { cursor: pointer; color: var(--muted); font-size: .9rem; }
</style>
</head>
<body>
<main>
${body}
</main>
</body>
</html>
`;

export const escapeHtml = (text: string) => text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

/** An HTML table with one row for each name and text. */
export const aboutTable = (rows: Record<string, string>) =>
  `<table>${Object.entries(rows)
    .map(([name, value]) => `<tr><th scope="row">${escapeHtml(name)}</th><td>${escapeHtml(value)}</td></tr>`)
    .join('\n')}</table>`;
