// Tokens as text to be read: bytes that are part of a character wait for the rest of it.

/** The texts of tokens that come one after the other. */
export class Pieces {
  #decoder = new TextDecoder("utf-8", { ignoreBOM: true });

  /** What a token adds to the text; nothing where it ends within a character. @param {ReadonlyArray<number>} bytes */
  push(bytes) {
    return this.#decoder.decode(Uint8Array.from(bytes), { stream: true });
  }

  /** What the end of the text adds: a sign in the place of a character whose rest never came, as the server writes it. */
  end() {
    return this.#decoder.decode();
  }
}
