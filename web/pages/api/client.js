// Asks the server that handed the pages out, and no other.
import { keep, kept } from "../browser/storage.js";
import { signal } from "../vendor/preact.js";

/** Where the server's routes begin: the folder above the lab's. */
const base = globalThis.location ? new URL("..", new URL(".", location.href.replace(/[#?].*$/, ""))) : new URL("http://localhost/");

/** What the server refuses, in its own words. */
export class Refused extends Error {
  /** @param {string} message @param {number} status @param {string | null} field the field that is at fault */
  constructor(message, status, field) {
    super(message);
    this.status = status;
    this.field = field;
  }
}

/** The server cannot be reached. */
export class Away extends Error {}

/** Whether the server wants a key that it has not been given. */
export const wantsKey = signal(false);

/** The key that the server asks for, until the window is closed. */
const key = {
  get: () => kept("key", "session") ?? "",
  /** @param {string} value */
  set: (value) => keep("key", value, "session"),
};

/** Keeps a key for this window. @param {string} value */
export function giveKey(value) {
  key.set(value);
  wantsKey.value = false;
}

/**
 * Sends a request; gives the answer where it is a good one.
 *
 * @param {string} path such as `v1/generate`
 * @param {{body?: unknown, written?: string, signal?: AbortSignal}} [options] `written` is a body that is JSON already: numbers in it keep all
 *   their digits
 * @returns {Promise<Response>}
 */
export async function ask(path, { body, written, signal: stop } = {}) {
  const content = written ?? (body === undefined ? undefined : JSON.stringify(body));
  const headers = new Headers();
  if (content !== undefined) headers.set("content-type", "application/json");
  if (key.get()) headers.set("authorization", `Bearer ${key.get()}`);
  /** @type {Response} */
  let answer;
  try {
    answer = await fetch(new URL(path, base), {
      method: content === undefined ? "GET" : "POST",
      headers,
      ...(content === undefined ? {} : { body: content }),
      ...(stop ? { signal: stop } : {}),
    });
  } catch (error) {
    if (stop?.aborted) throw error;
    throw new Away("the server cannot be reached");
  }
  if (answer.ok) return answer;
  if (answer.status === 401) wantsKey.value = true;
  throw await refusal(answer);
}

/** Why a request was refused. @param {Response} answer */
async function refusal(answer) {
  const said = await answer.json().catch(() => null);
  const message = said?.error?.message ?? `the server answered ${answer.status}`;
  return new Refused(message, answer.status, said?.error?.param ?? null);
}

/**
 * Sends a request, and gives the answer's JSON.
 *
 * @param {string} path
 * @param {unknown} [body]
 * @param {AbortSignal} [stop]
 * @returns {Promise<any>}
 */
export async function json(path, body, stop) {
  return (await ask(path, { body, ...(stop ? { signal: stop } : {}) })).json();
}
