// Shape.
import { h } from "../../vendor/preact.js";

/** @type {import("../views.js").View} */
export const shape = { name: "shape", show: () => h("p", null, "…") };
