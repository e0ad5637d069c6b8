import closeWithGrace from 'close-with-grace';
import { startMailbox } from './mailbox/mailbox.ts';

/**
 * The mailbox as a process: it listens on PORT of HOST, or of loopback, and serves requests for loopback and for the host SERVER_NAME. Its
 * mails are in DATA_DIR.
 */
const { PORT, HOST: host, SERVER_NAME, DATA_DIR: folder } = process.env;
if (!folder) throw new Error('DATA_DIR must name a folder');
const names = ['127.0.0.1', 'localhost', ...(SERVER_NAME ? [SERVER_NAME] : [])];
const mailbox = await startMailbox({ port: Number(PORT), names, folder, ...(host && { host }) });
closeWithGrace(() => mailbox.stop());
