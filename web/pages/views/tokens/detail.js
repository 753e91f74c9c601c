// What is looked at: the token, its place, and why a character takes several.
import { h } from "../../vendor/preact.js";
import { count } from "../../numbers/format.js";
import { fact, facts } from "../../parts/facts.js";
import { hex, label } from "../../words/glyphs.js";
import { codePoint, bits } from "./utf8.js";
import { split } from "./places.js";
import { answer, lit, parts } from "./state.js";
import { idOf, vocabulary } from "./vocabulary.js";
import { say } from "./words.js";

/** Why a character takes several tokens. @param {{part: {character: string, bytes: number[], tokens: number[]}}} props */
function Why({ part }) {
  const all = answer.value?.tokens ?? [];
  const known = vocabulary.value;
  const id = known ? idOf(part.bytes, known.entries) : null;
  const n = new Set(part.tokens).size;
  return h("section", { class: "card why-tokens" },
    h("h3", null, say("why", { character: part.character, n })),
    h("p", null, say("utf8", { character: part.character, point: codePoint(part.character), n: part.bytes.length })),
    h("table", null,
      h("thead", null, h("tr", null, h("th", { scope: "col" }, say("byte")), h("th", { scope: "col" }, say("bits")), h("th", { scope: "col" }, say("token")))),
      h("tbody", null, part.bytes.map((byte, i) => {
        const [mark, own] = bits(byte);
        const token = part.tokens[i];
        const first = i === 0 || part.tokens[i - 1] !== token;
        return h("tr", { key: i, class: first ? "first" : "" }, h("td", null, h("code", null, hex([byte]))), h("td", null, h("code", null, h("mark", null, mark), own)),
          h("td", null, first && token !== undefined ? h("code", null, `${label(/** @type {any} */ (all[token]))} · ${say("id")} ${all[token]?.id}`) : "″"));
      }))),
    known ? h("p", null, id === null ? say("none", { n: count(known.entries.length) }) : say("there", { id })) : null);
}

/** The panel. @param {{onFind: (bytes: number[]) => void}} props */
export function Detail({ onFind }) {
  const spot = lit.value;
  const told = answer.value;
  const cluster = spot ? parts.value[spot.cluster] : undefined;
  if (!told || !spot || !cluster) return h("aside", { class: "detail" }, h("p", { class: "faint" }, told && told.tokens.length > 0 ? say("hint") : ""));
  const token = spot.token === null ? undefined : told.tokens[spot.token];
  const name = token ? label(token) : cluster.text;
  const places = cluster.text === "" ? [say("noText")] : [say("ofBytes", { from: cluster.start, to: cluster.end }), h("br", { key: "br" }), say("ofCharacters", { from: cluster.begin, to: cluster.stop })];
  return h("aside", { class: "detail", "aria-label": name },
    h("h2", { class: "mono" }, name),
    cluster.from === cluster.to ? h("p", null, say("leftOut")) : null,
    facts([
      token ? [fact(say("token"), say("number", { n: (spot.token ?? 0) + 1, all: told.tokens.length })), fact(say("id"), [h("b", null, token.id), token.special ? ` · ${say("special")}` : ""]), fact(say("bytes"), h("code", null, hex(token.bytes)))] : null,
      fact(say("place"), places),
    ]),
    token ? h("button", { type: "button", onClick: () => onFind(token.bytes) }, say("find")) : null,
    split(cluster, told.tokens).map((part, i) => h(Why, { key: i, part })));
}
