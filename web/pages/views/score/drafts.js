// What the reader wrote into the boxes of pairs and continuations: kept in the browser.
import { keep, keptAs } from "../../browser/storage.js";
import { effect, signal } from "../../vendor/preact.js";
import { language } from "../../words/words.js";

/** Pairs to begin with, and continuations: from textbooks of grammar, in their languages. */
export const pairExamples = [
  { lang: "en", texts: ["The keys to the cabinet are on the table.", "The keys to the cabinet is on the table."] },
  { lang: "en", texts: ["She gave him the book.", "She gave the book him."] },
  { lang: "ko", texts: ["나는 어제 밥을 먹었다.", "나는 어제 밥이 먹었다."] },
  { lang: "zh", texts: ["他把书放在桌子上。", "他被书放在桌子上。"] },
  { lang: "ja", texts: ["私は昨日学校に行きました。", "私は昨日学校を行きました。"] },
];

/** @type {ReadonlyArray<{lang: string, prefix: string, candidates: string}>} */
export const continuationExamples = [
  { lang: "en", prefix: "The capital of France is", candidates: "Paris\nLondon\nRome\nthe city of Paris" },
  { lang: "en", prefix: "Once upon a", candidates: "time\nmidnight dreary\nday\nhill" },
  { lang: "ko", prefix: "대한민국의 수도는", candidates: "서울\n부산\n도쿄" },
  { lang: "zh", prefix: "中国的首都是", candidates: "北京\n上海\n东京" },
  { lang: "ja", prefix: "日本の首都は", candidates: "東京\n大阪\n京都" },
];

/** The first example in the reader's language. @template {{lang: string}} T @param {ReadonlyArray<T>} examples @returns {T} */
const own = (examples) => /** @type {T} */ (examples.find(({ lang }) => lang === language.peek()) ?? examples[0]);

/** The texts that are compared. */
export const pairTexts = signal(/** @type {string[]} */ (keptAs("pairs", [...own(pairExamples).texts])));

/** The candidates, as they are written. */
export const candidateText = signal(/** @type {string} */ (keptAs("candidates", own(continuationExamples).candidates)));

effect(() => {
  keep("pairs", JSON.stringify(pairTexts.value));
  keep("candidates", JSON.stringify(candidateText.value));
});
