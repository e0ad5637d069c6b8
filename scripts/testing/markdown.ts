import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import GithubSlugger from 'github-slugger';
import { marked, type Tokens } from 'marked';

const root = join(import.meta.dirname, '../..');

/** A fenced block of code: its language, '' if none is given, and the heading that it stands under. */
type CodeBlock = { lang: string; text: string; heading: string };

/** A table: the heading that it stands under, and its rows, without that of the column names. */
type Table = { heading: string; rows: Tokens.TableCell[][] };

export type Page = {
  /** Of links, and of images: as written. */
  links: string[];
  /** The fragments that lead to a heading, as GitHub makes them. */
  anchors: Set<string>;
  blocks: CodeBlock[];
  /** Code within a line. */
  codes: string[];
  tables: Table[];
};

/** Reads a Markdown file; `file` is relative to the top folder. */
export function readPage(file: string): Page {
  const page: Page = { links: [], anchors: new Set(), blocks: [], codes: [], tables: [] };
  const slugger = new GithubSlugger();
  let heading = '';
  void marked.walkTokens(marked.lexer(readFileSync(join(root, file), 'utf8')), (token) => {
    switch (token.type) {
      case 'heading':
        heading = token.text;
        page.anchors.add(slugger.slug(heading));
        break;
      case 'link':
      case 'image':
        page.links.push(token.href);
        break;
      case 'html':
        page.links.push(...Array.from(token.text.matchAll(/\b(?:src|srcset|href)="([^"]+)"/g), ([, link = '']) => link));
        break;
      case 'code':
        page.blocks.push({ lang: token.lang ?? '', text: token.text, heading });
        break;
      case 'codespan':
        page.codes.push(token.text);
        break;
      case 'table':
        page.tables.push({ heading, rows: token.rows });
        break;
    }
  });
  return page;
}

/** The texts in a table's cell that are code. */
export const codesIn = (cell: Tokens.TableCell | undefined): string[] =>
  (cell?.tokens ?? []).flatMap((token) => (token.type === 'codespan' ? [token.text as string] : []));
