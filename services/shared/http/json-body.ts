import type { FastifyBodyParser } from 'fastify';

/** Wraps Fastify's JSON parser `parse`, which rejects names that could poison a prototype, to explain what is wrong with the body. */
export const createJsonParser =
  (parse: FastifyBodyParser<string>): FastifyBodyParser<string> =>
  (request, body, done) =>
    parse(request, body, (error, value) => {
      if (error && body !== '') error.message = faultOf(body);
      done(error, value);
    });

function faultOf(text: string): string {
  try {
    JSON.parse(text);
    return 'The request body has a field named __proto__ or constructor.prototype';
  } catch (error) {
    return `The request body is not valid JSON: ${(error as Error).message}`;
  }
}
