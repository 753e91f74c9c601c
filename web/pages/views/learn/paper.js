// The whole tour as it is printed: every scene with its commands, its question and its answer. It is not seen on the screen.
import { h } from "../../vendor/preact.js";
import { Prose } from "../../parts/scene.js";

/** The tour for paper. @param {{told: import("../../state/chapter.js").Chapter}} props */
export function Paper({ told }) {
  return h("div", { class: "paper", "aria-hidden": "true" },
    h("h2", null, told.title), h("p", null, told.about),
    told.scenes.map((scene) => h("section", { key: scene.name },
      h("h3", null, `${scene.number}. ${scene.title}`),
      scene.paragraphs.map((text) => h("p", { key: text }, h(Prose, { text }))),
      h("pre", { lang: "en" }, scene.commands.join("\n")),
      h("p", null, h("b", null, told.question), " ", h(Prose, { text: scene.question })),
      h("p", null, h("b", null, told.answer), " ", h(Prose, { text: scene.answer })))));
}
