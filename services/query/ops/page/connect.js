/** How long the first pause is, and the longest. */
const firstPauseMs = 500;
const longestPauseMs = 10_000;

/**
 * @typedef {object} Listener
 * @property {(message: { type: string }) => void} onMessage
 * @property {() => void} [onOpen]
 * @property {() => void} [onClose] another attempt follows
 * @property {(hasHeard: boolean) => boolean | Promise<boolean>} [isOver] says that another attempt has no use; `hasHeard`: a message came
 * @property {number} quietMs how long it may be quiet before it is asked whether it lives, and as long again before it is given up
 * @property {(send: (text: string) => void) => void} [onQuiet]
 */

/**
 * Keeps a WebSocket open: whenever it closes or says nothing for long, another is opened, after pauses that grow.
 * @param {string} path of this origin
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

  /** A connection can be dead without a word; then its close may take minutes too, and is not waited for. */
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
    // Thousands of pages that lost the same server must not come back in the same moment.
    retryTimer = setTimeout(open, pauseMs * (0.5 + Math.random() / 2));
    pauseMs = Math.min(pauseMs * 2, longestPauseMs);
  }

  function openNow() {
    if (retryTimer === undefined || document.hidden) return;
    clearTimeout(retryTimer);
    open();
  }
  // What was asleep or without a network does not sit out its pause.
  addEventListener('online', openNow);
  document.addEventListener('visibilitychange', openNow);

  open();
  return { send };
}
