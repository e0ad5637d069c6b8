import { readFileSync } from 'node:fs';
import { join } from 'node:path';

type Script = { listen: 'prerequest' | 'test'; script: { exec: string[] } };
type Request = { name: string; request: { method: string; url: string }; event: Script[] };
type Folder = { name: string; item: (Request | Folder)[] };

export const collectionFile = join(import.meta.dirname, 'onsale.postman_collection.json');

/** All requests of the collection, in the order in which they run. */
export function readRequests(): Request[] {
  const requestsIn = (folder: Folder): Request[] => folder.item.flatMap((item) => ('item' in item ? requestsIn(item) : [item]));
  return requestsIn(JSON.parse(readFileSync(collectionFile, 'utf8')) as Folder);
}
