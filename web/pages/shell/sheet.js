// The sheet of keys.
import { h, useLayoutEffect, useRef } from "../vendor/preact.js";
import { Switch } from "../parts/field.js";
import { everywhere, here, isSingle, sheet, single } from "./keys.js";
import { say } from "../words/lab.js";

/** A key with what it does. @param {{of: import("./keys.js").Key}} props */
function Line({ of }) {
  const off = !single.value && isSingle(of.key);
  const parts = of.shown.split(" ").map((part, i) => [i > 0 ? " " : null, h("kbd", { key: part }, part)]);
  return h("div", { class: off ? "off" : "" }, h("dt", null, parts), h("dd", null, of.about(), off ? h("span", { class: "unseen" }, ` (${say("keyOff")})`) : null));
}

/** A list of keys. @param {{title: string, keys: import("./keys.js").Key[]}} props */
function Keys({ title, keys }) {
  return h("section", null, h("h3", null, title), h("dl", { class: "keys" }, keys.filter((key) => key.shown).map((key) => h(Line, { key: key.key, of: key }))));
}

/** The sheet; Escape closes it. */
export function KeySheet() {
  const dialog = useRef(/** @type {HTMLDialogElement | null} */ (null));
  const is = sheet.value;
  useLayoutEffect(() => {
    if (is && !dialog.current?.open) {
      dialog.current?.showModal();
      dialog.current?.querySelector("h2")?.focus(); // read from the top, not from the button at the end
    }
    if (!is && dialog.current?.open) dialog.current.close();
  }, [is]);
  return h("dialog", { ref: dialog, class: "sheet", "aria-label": say("keys"), onClose: () => (sheet.value = false) },
    is ? [
      h("h2", { key: "title", tabIndex: -1 }, say("keys")),
      here.value.length > 0 ? h(Keys, { key: "here", title: say("view"), keys: here.value }) : null,
      h(Keys, { key: "everywhere", title: say("anyView"), keys: everywhere.value }),
      h("div", { key: "single", class: "single-keys" }, h(Switch, { label: say("singleKeys"), checked: single.value, onChange: (on) => (single.value = on) }), h("p", { class: "hint" }, say("singleHint"))),
      h("button", { key: "close", type: "button", class: "main", onClick: () => (sheet.value = false) }, say("close")),
    ] : null);
}
