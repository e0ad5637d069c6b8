import type { FastifyBodyParser } from 'fastify';

/** Fastify's parser of JSON that refuses names that could poison an object, as in `parse`, but says what is wrong with a body. */
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
    return 'The body has a field named __proto__ or constructor.prototype';
  } catch (error) {
    return `The body is not JSON: ${(error as Error).message}`;
  }
}
