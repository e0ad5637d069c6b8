import closeWithGrace from 'close-with-grace';
import { startOidcProvider } from './oidc-provider.ts';

/** A local OpenID provider as a process: it listens on PORT of loopback, for the client whose redirect address is REDIRECT_URI. */
const { PORT, REDIRECT_URI: redirectUri } = process.env;
if (!redirectUri) throw new Error('REDIRECT_URI must be the address of a callback');
const provider = await startOidcProvider({ port: Number(PORT), redirectUri });
closeWithGrace(() => provider.stop());
