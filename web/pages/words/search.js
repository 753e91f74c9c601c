// Finds tokens by their text.

/** Signs that stand for spaces, as the lab shows them. @type {Record<string, string>} */
const SIGNS = { "␣": " ", "↵": "\n", "⇥": "\t" };

/** How well a token's text answers a search: 0 best, 4 not at all. @param {string} text @param {string} wanted */
function fit(text, wanted) {
  if (text === wanted) return 0;
  if (text.trim() === wanted.trim() && text.trim() !== "") return 1;
  if (text.trimStart().startsWith(wanted)) return 2;
  return text.toLowerCase().includes(wanted.toLowerCase()) ? 3 : 4;
}

/**
 * The ids of tokens whose text answers a search, those that answer best first, and of these the ones with the best rank. `#12` asks for
 * the token of that rank.
 *
 * @param {ReadonlyArray<string>} texts by id @param {ArrayLike<number>} ranks ids by rank @param {string} query
 * @returns {number[]}
 */
export function search(texts, ranks, query) {
  const wanted = query.replace(/[␣↵⇥]/g, (sign) => SIGNS[sign] ?? sign);
  if (wanted === "") return [];
  const number = /^#(\d+)$/.exec(wanted);
  if (number) {
    const id = ranks[Number(number[1]) - 1];
    return id === undefined ? [] : [id];
  }
  /** @type {number[][]} */
  const found = [[], [], [], []];
  for (let rank = 0; rank < ranks.length; rank++) {
    const id = /** @type {number} */ (ranks[rank]);
    found[fit(texts[id] ?? "", wanted)]?.push(id);
  }
  return found.flat();
}
