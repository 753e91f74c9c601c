// Streams: server-sent events of an answer, one after the other.
import { Away, Refused, ask } from "./client.js";

/** @typedef {{name: string, data: any}} Told */

/**
 * Sends a request whose answer is a stream, and gives its events as they come. Who leaves the loop lets the server know, which then
 * computes nothing more.
 *
 * @param {string} path
 * @param {Record<string, unknown>} body
 * @param {AbortSignal} [stop]
 * @returns {AsyncGenerator<Told>}
 */
export async function* stream(path, body, stop) {
  const own = new AbortController();
  const end = () => own.abort();
  stop?.addEventListener("abort", end);
  if (stop?.aborted) own.abort(); // before it began
  try {
    const answer = await ask(path, { body: { ...body, stream: true }, signal: own.signal });
    if (!answer.body) return;
    for await (const told of events(pieces(answer.body))) {
      if (told.name === "error") throw new Refused(told.data?.error?.message ?? "the stream failed", 200, told.data?.error?.param ?? null);
      if (own.signal.aborted) throw new DOMException("stopped", "AbortError");
      yield told;
    }
  } finally {
    stop?.removeEventListener("abort", end);
    own.abort();
  }
}

/** The text of a body, as it comes. @param {ReadableStream<Uint8Array>} body */
async function* pieces(body) {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  try {
    for (;;) {
      const { done, value } = await reader.read().catch((error) => {
        if (error instanceof DOMException && error.name === "AbortError") throw error;
        throw new Away("the server went away in the middle of an answer");
      });
      if (done) return;
      yield decoder.decode(value, { stream: true });
    }
  } finally {
    reader.releaseLock();
  }
}

/**
 * The events of a text that comes in pieces (WHATWG's event streams: a line a field, an empty line an end).
 *
 * @param {AsyncIterable<string>} texts
 * @returns {AsyncGenerator<Told>}
 */
export async function* events(texts) {
  let rest = "";
  let name = "message";
  /** @type {string[]} */
  let data = [];
  for await (const text of texts) {
    rest += text;
    const lines = rest.split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      if (line === "") {
        if (data.length > 0) yield { name, data: JSON.parse(data.join("\n")) };
        name = "message";
        data = [];
      } else if (line.startsWith("event:")) name = line.slice(6).trim();
      else if (line.startsWith("data:")) data.push(line.slice(5).trimStart());
    }
  }
}
