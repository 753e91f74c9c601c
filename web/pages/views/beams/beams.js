// Beams.
import { h } from "../../vendor/preact.js";

/** @type {import("../views.js").View} */
export const beams = { name: "beams", show: () => h("p", null, "…") };
