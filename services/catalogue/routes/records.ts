import type { FastifyReply, FastifyRequest } from 'fastify';
import { type TObject, type TProperties, Type } from 'typebox';
import type { Fault } from '../../shared/basics/faults.ts';
import type { HttpServer } from '../../shared/http/http-server.ts';
import { cutPage, linkHeader, wrongCursor } from '../../shared/http/pages.ts';
import { type ProblemCode, problemResponses, sendProblem } from '../../shared/http/problems.ts';
import { principalName } from '../../shared/identity/principal.ts';
import { OrganiserId } from '../../shared/terms/identifiers.ts';
import {
  deleteRecord,
  type Fields,
  type KeptRecord,
  listRecords,
  type RecordKey,
  readRecord,
  writeRecord,
} from '../organiser/records.ts';
import { organiserFor, organiserQuery } from './access.ts';
import { asItIs, faultsOf } from './bodies.ts';
import { decodeCursor, encodeCursor, pageQuery } from './cursor.ts';
import type { RouteDependencies } from './dependencies.ts';
import { Version } from './present.ts';
import { unlessStale } from './unless-stale.ts';
import { etagHeader, etagOf, preconditionHeaders, readPrecondition } from './versions.ts';

type Described = { operationId: string; summary: string; description?: string };

/** What an organiser keeps beside events (organiser/records.ts), as its routes describe and show it. */
type RecordRoutes = {
  subject: RecordKey['subject'];
  /** Of the list; that of one is this with its id. */
  path: string;
  tag: string;
  notFound: ProblemCode;
  /** The name of its id, with its schema. */
  id: [name: string, schema: TProperties[string]];
  /** What lists and changes show of it, apart from the head; and what else it has itself. */
  listed: TProperties;
  more?: TProperties;
  body: TObject;
  bodyLimit?: number;
  list: Described;
  get: Described;
  put: Described;
  remove: Described;
  /** The faults of a body that its schema accepts, by their places. */
  faultsIn(body: object): Fault[];
  fieldsOf(body: object): Fields;
  present(fields: Fields): object;
};

const readProblems = ['INVALID_REQUEST', 'NOT_SIGNED_IN', 'FORBIDDEN', 'SERVICE_UNAVAILABLE'] as const;
const changeProblems = ['PRECONDITION_FAILED', 'PRECONDITION_REQUIRED'] as const;
const querystring = Type.Object(organiserQuery, { additionalProperties: false });

/** GET for a list; GET, PUT and DELETE for one: the same for everything that organisers keep. */
export function registerRecordRoutes(app: HttpServer, { db }: Pick<RouteDependencies, 'db'>, of: RecordRoutes): void {
  const { subject, path, tag, notFound, id } = of;
  const [idName, idSchema] = id;
  const tags = [tag];
  const params = Type.Object({ [idName]: idSchema });
  const Listed = Type.Object({ ...params.properties, organiserId: OrganiserId, version: Version, ...of.listed });
  const Whole = Type.Object({ ...Listed.properties, ...of.more });
  const ok = (schema: TObject, description: string) => ({
    description,
    headers: { ETag: etagHeader },
    content: { 'application/json': { schema } },
  });
  const keyOf = (request: FastifyRequest, organiserId: string): RecordKey => ({
    subject,
    organiserId,
    id: (request.params as Record<string, string>)[idName] ?? '',
  });
  const present = (organiserId: string, { id: ofRecord, version, fields }: KeptRecord) => ({
    [idName]: ofRecord,
    organiserId,
    version,
    ...of.present(fields),
  });

  app.get(
    path,
    {
      config: { operation: 'catalogue:read' },
      schema: {
        ...of.list,
        tags,
        querystring: Type.Object({ ...organiserQuery, ...pageQuery(500, 100) }, { additionalProperties: false }),
        response: {
          200: {
            description: 'A page of them',
            headers: { Link: linkHeader },
            content: { 'application/json': { schema: Type.Array(Listed) } },
          },
          ...problemResponses(...readProblems),
        },
      },
    },
    async (request: FastifyRequest, reply: FastifyReply) => {
      const { cursor, limit = 100 } = request.query as { cursor?: string; limit?: number };
      const after = cursor === undefined ? [''] : decodeCursor(cursor, ['string']);
      if (!after) return sendProblem(reply, 'INVALID_REQUEST', { errors: [wrongCursor] });
      const organiserId = organiserFor(request, reply, 'catalogue:read');
      if (organiserId === undefined) return reply;
      const found = await listRecords(db, { subject, organiserId }, { after: String(after[0]), limit: limit + 1 });
      const page = cutPage(reply, found, {
        path,
        query: { organiserId },
        limit,
        cursorOf: (last) => encodeCursor([last.id]),
      });
      return reply.header('cache-control', 'private, no-cache').send(page.map((record) => present(organiserId, record)));
    },
  );

  app.get(
    `${path}/:${idName}`,
    {
      ...asItIs,
      config: { operation: 'catalogue:read' },
      schema: {
        ...of.get,
        tags,
        params,
        querystring,
        response: { 200: ok(Whole, 'It, as it is now'), ...problemResponses(...readProblems, notFound) },
      },
    },
    async (request: FastifyRequest, reply: FastifyReply) => {
      const organiserId = organiserFor(request, reply, 'catalogue:read');
      if (organiserId === undefined) return reply;
      const record = await readRecord(db, keyOf(request, organiserId));
      if (!record) return sendProblem(reply, notFound);
      reply.header('etag', etagOf(record.version)).header('cache-control', 'private, no-cache');
      return reply.send(present(organiserId, record));
    },
  );

  app.put(
    `${path}/:${idName}`,
    {
      config: { operation: 'catalogue:write' },
      ...(of.bodyLimit !== undefined && { bodyLimit: of.bodyLimit }),
      schema: {
        ...of.put,
        tags,
        params,
        querystring,
        headers: preconditionHeaders,
        body: of.body,
        response: {
          200: ok(Listed, 'It, as it is now'),
          201: ok(Listed, 'Created'),
          ...problemResponses(...readProblems, ...changeProblems, 'PAYLOAD_TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE'),
        },
      },
    },
    async (request: FastifyRequest, reply: FastifyReply) => {
      const organiserId = organiserFor(request, reply, 'catalogue:write');
      if (organiserId === undefined) return reply;
      const body = request.body as object;
      const faults = of.faultsIn(body);
      if (faults.length > 0) return sendProblem(reply, 'INVALID_REQUEST', faultsOf(faults));
      const key = keyOf(request, organiserId);
      const known = await readRecord(db, key);
      const expected = readPrecondition(request, reply, known?.version);
      if (!expected) return reply;
      const manner = { principal: principalName(request.principal), expected: expected.version };
      const fields = of.fieldsOf(body);
      const written = await unlessStale(reply, () => writeRecord(db, key, fields, manner));
      if (!written) return reply;
      const { version } = written;
      if (written.kind === 'created') reply.code(201).header('location', `${path}/${key.id}`);
      return reply.header('etag', etagOf(version)).send(present(organiserId, { id: key.id, version, fields }));
    },
  );

  app.delete(
    `${path}/:${idName}`,
    {
      config: { operation: 'catalogue:write' },
      schema: {
        ...of.remove,
        tags,
        params,
        querystring,
        headers: preconditionHeaders,
        response: {
          204: Type.Null({ description: 'Deleted' }),
          ...problemResponses(...readProblems, ...changeProblems, notFound),
        },
      },
    },
    async (request: FastifyRequest, reply: FastifyReply) => {
      const organiserId = organiserFor(request, reply, 'catalogue:write');
      if (organiserId === undefined) return reply;
      const key = keyOf(request, organiserId);
      const known = await readRecord(db, key);
      if (!known) return sendProblem(reply, notFound);
      const expected = readPrecondition(request, reply, known.version);
      if (!expected) return reply;
      const manner = { principal: principalName(request.principal), expected: expected.version };
      const deleted = await unlessStale(reply, async () => {
        await deleteRecord(db, key, manner);
        return true;
      });
      return deleted ? reply.code(204).send(null) : reply;
    },
  );
}
