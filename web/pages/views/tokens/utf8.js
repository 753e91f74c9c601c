// How UTF-8 writes a character.

/** How many bits of each byte say what kind of byte it is. @param {number} byte */
function marks(byte) {
  if (byte < 0x80) return 1;
  if (byte < 0xc0) return 2;
  return byte < 0xe0 ? 3 : byte < 0xf0 ? 4 : 5;
}

/** A byte's bits: those that mark its kind, and those that are the character's. @param {number} byte @returns {[string, string]} */
export function bits(byte) {
  const all = byte.toString(2).padStart(8, "0");
  const at = marks(byte);
  return [all.slice(0, at), all.slice(at)];
}

/** A character's number as Unicode writes it. @param {string} character */
export function codePoint(character) {
  return `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}`;
}
