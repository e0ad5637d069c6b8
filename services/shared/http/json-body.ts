import type { FastifyBodyParser, FastifyRequest } from 'fastify';

export type BeforeParsing = (request: FastifyRequest, text: string) => void;

/**
 * Wraps Fastify's JSON parser `parse`, which rejects names that could poison a prototype, to explain what is wrong with the body.
 * `beforeParsing` gets each body's text; what it throws becomes the error.
 */
export const createJsonParser =
  (parse: FastifyBodyParser<string>, beforeParsing: BeforeParsing): FastifyBodyParser<string> =>
  (request, body, done) => {
    try {
      beforeParsing(request, body);
    } catch (error) {
      return done(error as Error);
    }
    return parse(request, body, (error, value) => {
      if (error && body !== '') error.message = faultOf(body);
      done(error, value);
    });
  };

function faultOf(text: string): string {
  try {
    JSON.parse(text);
    return 'The request body has a field named __proto__ or constructor.prototype';
  } catch (error) {
    return `The request body is not valid JSON: ${(error as Error).message}`;
  }
}
