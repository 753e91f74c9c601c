// The pieces that a text is cut into before tokens are looked for. Byte-level vocabularies write each byte as a character of its own;
// this reads them back.

/** The byte that each such character stands for. @returns {Map<string, number>} */
function alphabet() {
  const plain = (/** @type {number} */ byte) => (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || (byte >= 0xae && byte <= 0xff);
  let more = 0x100;
  return new Map(Array.from({ length: 256 }, (_, byte) => [String.fromCodePoint(plain(byte) ? byte : more++), byte]));
}

const BYTES = alphabet();

/** The text of pieces, where they are written byte by byte and are this text in all; null where they are not. @param {ReadonlyArray<string>} pieces @param {string} text @returns {string[] | null} */
export function read(pieces, text) {
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  try {
    const all = pieces.map((piece) => {
      const bytes = [...piece].map((character) => {
        const byte = BYTES.get(character);
        if (byte === undefined) throw new RangeError(character);
        return byte;
      });
      return decoder.decode(Uint8Array.from(bytes));
    });
    return all.join("") === text ? all : null;
  } catch {
    return null; // they are written otherwise
  }
}
