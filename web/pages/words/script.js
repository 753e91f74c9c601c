// What script a character is of, and the language that a text is most likely in: what parts it into sentences needs to know.

/** @typedef {import("./words.js").Language} Language */
/** @typedef {"latin" | "hangul" | "kana" | "han" | "emoji" | "digit" | "space" | "mark" | "other"} Script */

/** In the order in which they are tried. @type {ReadonlyArray<[Script, RegExp]>} */
const SCRIPTS = [
  ["hangul", /^\p{Script=Hangul}/u],
  ["kana", /^[\p{Script=Hiragana}\p{Script=Katakana}ー]/u],
  ["han", /^\p{Script=Han}/u],
  ["latin", /^\p{Script=Latin}/u],
  ["digit", /^\p{Nd}/u],
  ["space", /^\s/u],
  ["emoji", /^[\p{Extended_Pictographic}\p{Emoji_Modifier}\p{Regional_Indicator}\u200d\ufe0f]/u],
  ["mark", /^[\p{P}\p{S}]/u],
];

/** The scripts, in the order in which they are listed. @type {ReadonlyArray<Script>} */
export const scripts = ["latin", "hangul", "han", "kana", "emoji", "digit", "mark", "space", "other"];

/** The script of a character, or of the first one of a text. @param {string} character @returns {Script} */
export function scriptOf(character) {
  return SCRIPTS.find(([, pattern]) => pattern.test(character))?.[0] ?? "other";
}

/** How much of a text is looked at to tell its language. */
const SAMPLE = 4000;

/** The language of a text by its script: kana is Japanese, Hangul Korean, Han alone Chinese, all else English. @param {string} text @returns {Language} */
export function languageOf(text) {
  let [hangul, kana, han, other] = [0, 0, 0, 0];
  for (const character of text.slice(0, SAMPLE)) {
    const script = scriptOf(character);
    if (script === "hangul") hangul += 1;
    else if (script === "kana") kana += 1;
    else if (script === "han") han += 1;
    else if (script === "latin") other += 1;
  }
  // A word of Korean, Chinese or Japanese takes two characters or so, one of English five.
  if (2.5 * Math.max(hangul, kana + han) < other) return "en";
  if (hangul >= kana + han && hangul > 0) return "ko";
  if (kana > 0) return "ja";
  return han > 0 ? "zh" : "en";
}
