// Model: what it is, how the server is, what was run, and whether it keeps its word.
import { h, useEffect } from "../../vendor/preact.js";
import { here } from "../../shell/keys.js";
import { Card } from "./card.js";
import { Now } from "./now.js";
import { Defaults } from "./options.js";
import { Runs } from "./runs.js";
import { Test, test } from "./test.js";
import { say } from "./words.js";

/** The view. */
function Model() {
  useEffect(() => {
    here.value = [{ key: "r", shown: "r", about: () => say("run"), act: () => void test() }];
    return () => { here.value = []; };
  }, []);
  return h("div", { class: "about-model" },
    h("div", { class: "column" }, h(Card, null), h(Test, null), h(Defaults, null)),
    h("div", { class: "column" }, h(Now, null), h(Runs, null)));
}

/** @type {import("../../shell/views.js").View} */
export const model = { name: "model", show: () => h(Model, null) };
