// Compare.
import { h } from "../../vendor/preact.js";

/** @type {import("../views.js").View} */
export const compare = { name: "compare", show: () => h("p", null, "…") };
