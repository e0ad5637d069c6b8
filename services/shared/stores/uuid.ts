/** UUIDs as text, which the API and Redis use, and as the 16 bytes that MySQL stores. */

/** The text of a stored UUID, in lower case. Throws if the bytes are not a UUID. */
export { stringify as uuidText } from 'uuid';

/** The bytes of a UUID, which must be valid: it is not checked. */
export const uuidBytes = (uuid: string): Buffer => Buffer.from(uuid.replaceAll('-', ''), 'hex');
