import { errors, jwtVerify, SignJWT } from 'jose';
import { pathTable, type ServiceName } from '../http/path-table.ts';
import type { VerifiedToken } from './access-tokens.ts';
import type { Principal } from './principal.ts';

const serviceToken = { typ: 'service+jwt', alg: 'HS256', seconds: 60 } as const;
const issuerPrefix = 'service:';
/** A token is used again while it is valid for at least this long. */
const leastMs = 20_000;

/** Tokens with which a service proves to another one which it is. All services share the secret, of at least 32 characters. */
export function createServiceTokens(secret: string, name: ServiceName, now: () => number = Date.now) {
  const key = new TextEncoder().encode(secret);
  const kept = new Map<ServiceName, { token: string; untilMs: number }>();
  return {
    /** Returns a token for requests to `target`, as `Authorization: Bearer`. */
    async for(target: ServiceName): Promise<string> {
      const known = kept.get(target);
      if (known && known.untilMs - now() > leastMs) return known.token;
      const seconds = Math.floor(now() / 1_000);
      const token = await new SignJWT()
        .setProtectedHeader({ alg: serviceToken.alg, typ: serviceToken.typ })
        .setIssuer(`${issuerPrefix}${name}`)
        .setAudience(target)
        .setIssuedAt(seconds)
        .setExpirationTime(seconds + serviceToken.seconds)
        .sign(key);
      kept.set(target, { token, untilMs: (seconds + serviceToken.seconds) * 1_000 });
      return token;
    },
  };
}

/** Verifies the tokens of services that call the service `name`. Throws a JOSEError if one is wrong. */
export function createServiceTokenCheck(options: { secret: string; service: ServiceName; now: () => number }) {
  const { secret, service, now } = options;
  const key = new TextEncoder().encode(secret);
  return async (token: string): Promise<VerifiedToken<Principal>> => {
    const { payload } = await jwtVerify(token, key, {
      algorithms: [serviceToken.alg],
      typ: serviceToken.typ,
      audience: service,
      requiredClaims: ['exp', 'iat', 'iss'],
      maxTokenAge: serviceToken.seconds + 5,
      clockTolerance: 5,
      currentDate: new Date(now()),
    });
    const caller = payload.iss?.slice(issuerPrefix.length) ?? '';
    if (!payload.iss?.startsWith(issuerPrefix) || !isService(caller))
      throw new errors.JWTClaimValidationFailed('No service has this name', payload, 'iss');
    return { principal: { kind: 'service', service: caller }, untilMs: Number(payload.exp) * 1_000 };
  };
}

const isService = (name: string): name is ServiceName => Object.hasOwn(pathTable, name);
