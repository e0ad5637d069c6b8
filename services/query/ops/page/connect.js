/** The first pause between two attempts, and the longest. */
const firstPauseMs = 500;
const longestPauseMs = 10_000;

/**
 * @typedef {object} Listener
 * @property {(message: { type: string }) => void} onMessage
 * @property {() => void} [onOpen]
 * @property {() => void} [onClose] called before the next attempt
 * @property {(hasHeard: boolean) => boolean | Promise<boolean>} [isOver] whether to stop reconnecting; `hasHeard`: a message came
 * @property {number} quietMs after this long without a message `onQuiet` is called, and after as long again the socket is given up
 * @property {(send: (text: string) => void) => void} [onQuiet] may send a message that the server replies to
 */

/**
 * Keeps a WebSocket open: whenever it closes or stays quiet too long, opens another, after growing pauses.
 * @param {string} path on this origin
 * @param {Listener} listener
 */
export function connect(path, listener) {
  const url = new URL(path, location.href);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  /** @type {WebSocket | undefined} */
  let socket;
  let pauseMs = firstPauseMs;
  let hasHeard = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let retryTimer;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let quietTimer;

  const send = (/** @type {string} */ text) => {
    if (socket?.readyState === WebSocket.OPEN) socket.send(text);
  };

  function open() {
    retryTimer = undefined;
    hasHeard = false;
    const opened = new WebSocket(url);
    socket = opened;
    opened.onopen = () => listener.onOpen?.();
    opened.onmessage = ({ data }) => {
      hasHeard = true;
      pauseMs = firstPauseMs;
      watchQuiet();
      listener.onMessage(JSON.parse(String(data)));
    };
    opened.onclose = () => void ended();
    watchQuiet();
  }

  /** A connection can die silently; its close event may then take minutes, so it is not awaited. */
  function watchQuiet() {
    clearTimeout(quietTimer);
    quietTimer = setTimeout(() => {
      listener.onQuiet?.(send);
      quietTimer = setTimeout(() => {
        if (socket) socket.onopen = socket.onmessage = socket.onclose = null;
        socket?.close();
        void ended();
      }, listener.quietMs);
    }, listener.quietMs);
  }

  async function ended() {
    clearTimeout(quietTimer);
    socket = undefined;
    listener.onClose?.();
    if (await listener.isOver?.(hasHeard)) return;
    // Thousands of pages that lost the same server must not all reconnect at the same moment.
    retryTimer = setTimeout(open, pauseMs * (0.5 + Math.random() / 2));
    pauseMs = Math.min(pauseMs * 2, longestPauseMs);
  }

  function openNow() {
    if (retryTimer === undefined || document.hidden) return;
    clearTimeout(retryTimer);
    open();
  }
  // A page that wakes up or comes back online reconnects without waiting for the pause to end.
  addEventListener('online', openNow);
  document.addEventListener('visibilitychange', openNow);

  open();
  return { send };
}
