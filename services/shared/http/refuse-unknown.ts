import type { IncomingHttpHeaders } from 'node:http';
import type { FastifyReply, preValidationHookHandler, RouteOptions } from 'fastify';
import { type ProblemError, problemErrors, sendProblem } from './problems.ts';

/** The same limit as in listFaults. */
const maxNames = 20;

/**
 * Makes an API route that takes no query, or no body, reject a request that has one: a client that misplaces or misspells a parameter
 * must not get something it did not ask for. Health, documents and pages ignore unknown input.
 */
export function refuseUnknown(route: Pick<RouteOptions, 'url' | 'method' | 'schema' | 'preValidation'>): void {
  const { url, schema } = route;
  if (!url.includes('/api/')) return;
  const checks: preValidationHookHandler[] = [];
  if (!schema?.querystring) checks.push(refuseQuery);
  if (!schema?.body) checks.push(takesBody(route.method) ? refuseBody : refuseContent);
  route.preValidation = [...checks, ...[route.preValidation ?? []].flat()];
}

/** Whether a request has a body, by its headers: Fastify does not read the body of a GET. */
export function hasBody({ 'content-length': length = '0', 'transfer-encoding': encoding }: IncomingHttpHeaders): boolean {
  return length !== '0' || encoding !== undefined;
}

const refuseQuery: preValidationHookHandler = ({ query }, reply, done) =>
  refuseIf(
    reply,
    done,
    namesOf(query).map((parameter) => ({ parameter, detail: 'is not a known parameter' })),
  );

const refuseBody: preValidationHookHandler = ({ body }, reply, done) => refuseIf(reply, done, faultsOf(body));

const refuseContent: preValidationHookHandler = ({ method, headers }, reply, done) =>
  refuseIf(reply, done, hasBody(headers) ? [{ pointer: '#', detail: `must be empty: a ${method} has no body` }] : []);

function refuseIf(reply: FastifyReply, done: () => void, errors: ProblemError[]): void {
  if (errors.length === 0) done();
  else sendProblem(reply, 'INVALID_REQUEST', { errors });
}

function faultsOf(body: unknown): ProblemError[] {
  if (body === undefined || body === null) return [];
  if (typeof body !== 'object' || Array.isArray(body)) return [{ pointer: '#', detail: 'must be empty' }];
  const pointers = namesOf(body).map((name) => `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`);
  return problemErrors(
    pointers.map((pointer) => ({ pointer, detail: 'is not a known field' })),
    'body',
  );
}

const namesOf = (given: unknown) => Object.keys(given as object).slice(0, maxNames);

const takesBody = (method: string | string[]) => ![method].flat().some((one) => one === 'GET' || one === 'HEAD');
