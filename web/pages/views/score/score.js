// Score.
import { h } from "../../vendor/preact.js";

/** @type {import("../views.js").View} */
export const score = { name: "score", show: () => h("p", null, "…") };
