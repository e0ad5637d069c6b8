import { Type } from 'typebox';
import type { Fault } from '../../shared/basics/faults.ts';
import { documentedAs } from '../../shared/http/documented-as.ts';
import { type ProblemExtra, problemErrors } from '../../shared/http/problems.ts';
import { WrittenEventFile } from '../../shared/inventory/plan/event-file.ts';
import { Name } from '../../shared/inventory/plan/reading.ts';

/** An event file of ten thousand different zones is about this long. */
export const maxDocumentBytes = 1024 * 1024;

const maxFaults = 50;

/** Any object: it is read with care later (readEventFile), so that one answer names all faults. The API's document shows the real form. */
export const EventBody = Type.Object({}, { [documentedAs]: WrittenEventFile });

/** Any object, for a change of parts of an event file. */
export const PatchBody = Type.Object({}, { [documentedAs]: Type.Partial(Type.Object(WrittenEventFile.properties)) });

/** Sends an event file as it is: Fastify's serializer would add every default of its schema. */
export const asItIs = { serializerCompiler: () => (data: unknown) => JSON.stringify(data) };

export const faultsOf = (faults: Fault[]): ProblemExtra => ({ errors: problemErrors(faults.slice(0, maxFaults), 'body') });

/** Applies a JSON Merge Patch (RFC 7396): objects are merged, null removes a field, and everything else replaces it. */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch;
  const merged: Record<string, unknown> =
    typeof target === 'object' && target !== null && !Array.isArray(target) ? { ...(target as Record<string, unknown>) } : {};
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete merged[name];
    else merged[name] = mergePatch(merged[name], value);
  }
  return merged;
}

export const EventName = Type.String({ ...Name, description: "The event's name" });
