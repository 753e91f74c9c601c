// Tree.
import { h } from "../../vendor/preact.js";

/** @type {import("../views.js").View} */
export const tree = { name: "tree", show: () => h("p", null, "…") };
