// Tokens as they are shown: spaces and line breaks as signs, parts of characters as bytes.

const SIGNS = /** @type {Record<string, string>} */ ({ " ": "␣", "\n": "↵", "\t": "⇥", "\r": "␍", "\u00a0": "⍽", "\u3000": "□", "\u200b": "∅" });

/** Whether bytes are whole characters (UTF-8). @param {ReadonlyArray<number>} bytes */
export function isText(bytes) {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(Uint8Array.from(bytes));
    return true;
  } catch {
    return false;
  }
}

/** Bytes as hexadecimal digits. @param {ReadonlyArray<number>} bytes */
export function hex(bytes) {
  return bytes.map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
}

/**
 * A token's label: its text with spaces to be seen, `‹e2 80›` where it is part of a character, and ∅ where it is nothing.
 *
 * @param {{text: string, bytes: ReadonlyArray<number>}} token
 * @param {boolean} [signs] whether spaces are shown as signs
 */
export function label(token, signs = true) {
  if (!isText(token.bytes)) return `‹${hex(token.bytes)}›`;
  if (token.text === "") return "∅";
  return signs ? token.text.replace(/[ \n\t\r\u00a0\u3000\u200b]/g, (sign) => SIGNS[sign] ?? sign) : token.text;
}

/** The text of tokens that follow each other; parts of characters are joined. @param {ReadonlyArray<{bytes: ReadonlyArray<number>}>} tokens */
export function joined(tokens) {
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(Uint8Array.from(tokens.flatMap((token) => [...token.bytes])));
}
