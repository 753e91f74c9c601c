// Tokens.
import { h } from "../../vendor/preact.js";

/** @type {import("../views.js").View} */
export const tokens = { name: "tokens", show: () => h("p", null, "…") };
