type Credentials = { username?: string | undefined; password?: string | undefined };

/** `url` with the user name and the password of a store that are given beside it: so a secret is only in a setting of its own. */
export function withCredentials(url: string, { username = '', password = '' }: Credentials): string {
  if (!username && !password) return url;
  const full = new URL(url);
  // The setters leave a per cent sign as it is.
  if (username) full.username = encodeURIComponent(username);
  if (password) full.password = encodeURIComponent(password);
  return full.href;
}
