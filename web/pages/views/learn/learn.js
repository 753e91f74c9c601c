// Learn.
import { h } from "../../vendor/preact.js";

/** @type {import("../views.js").View} */
export const learn = { name: "learn", show: () => h("p", null, "…") };
