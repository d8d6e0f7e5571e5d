// A client for Hexkey without dependencies, for pages and for servers that render them.

/** A refusal. Decide by `code`, which is stable; show `message`, which is for people. */
export class Refused extends Error {
  constructor({ status = 0, code, detail, errors = [] }, retryAfter = null) {
    super(detail);
    this.name = "Refused";
    this.status = status;
    this.code = code;
    this.errors = errors;
    this.retryAfter = retryAfter; // seconds, with 429 and 503
  }
}

/** One person's connection to Hexkey. The token lives here and nowhere else, and goes with the tab. */
export class Hexkey {
  #url;
  #token = null;

  /** @param {string} url where Hexkey is served, without a slash at the end */
  constructor(url) {
    this.#url = url;
  }

  get signedIn() {
    return this.#token !== null;
  }

  /** @param {{username?: string, email?: string, password: string, full_name?: string}} account */
  register(account) {
    return this.#call("POST", "/users", account);
  }

  /** @param {string} login a user name or an e-mail address */
  async signIn(login, password) {
    const session = await this.#call("POST", "/sessions", { login, password });
    this.#token = session.access_token;
  }

  me() {
    return this.#call("GET", "/users/me");
  }

  changeProfile(changes) {
    return this.#call("PATCH", "/users/me", changes);
  }

  changePassword(currentPassword, newPassword) {
    const body = { current_password: currentPassword, new_password: newPassword };
    return this.#call("PUT", "/users/me/password", body);
  }

  forget() {
    this.#token = null;
  }

  async #call(method, path, body) {
    const headers = {};
    if (body !== undefined) headers["Content-Type"] = "application/json";
    if (this.#token !== null) headers["Authorization"] = `Bearer ${this.#token}`;
    const response = await this.#fetch(path, { method, headers, body: JSON.stringify(body) });
    const content = response.status === 204 ? null : await response.json();
    if (response.ok) return content;
    if (response.status === 401) this.forget(); // the token ran out: ask for the password again
    const wait = response.headers.get("Retry-After");
    throw new Refused(content, wait === null ? null : Number(wait));
  }

  async #fetch(path, request) {
    try {
      // No cookies, ever: a page that holds no token can do nothing in the name of its visitor.
      return await fetch(this.#url + path, { ...request, credentials: "omit", cache: "no-store" });
    } catch {
      // No network, or this page's origin is not in HEXKEY_CORS_ORIGINS: a page cannot tell which.
      throw new Refused({ code: "unreachable", detail: "The service cannot be reached." });
    }
  }
}
