type Credentials = { username?: string | undefined; password?: string | undefined };

/** Adds a store's user name and password to its `url`. They are separate settings, so that URLs contain no secrets. */
export function withCredentials(url: string, { username = '', password = '' }: Credentials): string {
  if (!username && !password) return url;
  const full = new URL(url);
  // The setters do not encode a per cent sign.
  if (username) full.username = encodeURIComponent(username);
  if (password) full.password = encodeURIComponent(password);
  return full.href;
}
