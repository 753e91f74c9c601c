// Rows to begin with, in the reader's language.
import { language } from "../../words/words.js";

/** @type {Record<import("../../words/words.js").Language, {template: string, rows: Array<Record<string, string>>}>} */
const EXAMPLES = {
  en: { template: "{name} wrote from {place}:", rows: [["Anne", "Bath"], ["Mr. Darcy, of Pemberley", "Derbyshire"], ["Catherine", "the Heights"], ["Heidi", "the \"Alm\""], ["Alice", "the other side of the glass"], ["Ishmael", "the sea"], ["Dorothy", "Kansas"], ["Jim", "the island"]].map(([name = "", place = ""]) => ({ name, place })) },
  ko: { template: "{place}에서 {name}이 편지를 썼다.", rows: [["춘향", "남원"], ["홍길동", "활빈당"], ["심청", "용궁"], ["허생", "묵적골"], ["운영", "수성궁"], ["배비장", "제주"], ["숙향", "낙양"], ["이생", "송도"]].map(([name = "", place = ""]) => ({ name, place })) },
  zh: { template: "{name}从{place}写信来说：", rows: [["黛玉", "潇湘馆"], ["悟空", "花果山"], ["武松", "阳谷县"], ["诸葛亮", "隆中"], ["宝钗", "蘅芜苑"], ["林冲", "梁山"], ["孔乙己", "咸亨酒店"], ["阿Q", "未庄"]].map(([name = "", place = ""]) => ({ name, place })) },
  ja: { template: "{name}は{place}から手紙を書いた。", rows: [["坊っちゃん", "松山"], ["ジョバンニ", "銀河"], ["メロス", "シラクス"], ["光源氏", "須磨"], ["お玉", "無縁坂"], ["良平", "軽便鉄道"], ["先生", "鎌倉"], ["杜子春", "洛陽"]].map(([name = "", place = ""]) => ({ name, place })) },
};

/** The example: a file of JSON lines with names and places, and a prompt made of them. */
export function example() {
  const { template, rows } = EXAMPLES[language.peek()];
  return { name: "letters.jsonl", format: /** @type {const} */ ("jsonl"), text: rows.map((row, at) => `${JSON.stringify({ id: at + 1, ...row })}\n`).join(""), template };
}
