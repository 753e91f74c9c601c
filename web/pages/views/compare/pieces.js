// Tokens as text to be read: bytes that are part of a character wait for the rest of it.

/** The texts of tokens that come one after the other. */
export class Pieces {
  #decoder = new TextDecoder();

  /** What a token adds to the text; nothing where it ends within a character. @param {ReadonlyArray<number>} bytes */
  push(bytes) {
    return this.#decoder.decode(Uint8Array.from(bytes), { stream: true });
  }
}
