// Model.
import { h } from "../../vendor/preact.js";

/** @type {import("../../shell/views.js").View} */
export const model = { name: "model", show: () => h("p", null, "…") };
