// The reader's works: kept, taken along, and run again.
import { h, useEffect, useRef, useState } from "../vendor/preact.js";
import { download } from "../parts/download.js";
import * as keep from "../state/keep.js";
import * as lab from "../state/lab.js";
import { here, write } from "../state/link.js";
import * as runs from "../state/runs.js";
import { props } from "../state/server.js";
import { say } from "../words/lab.js";
import { language } from "../words/words.js";

/** The menu. */
export function WorkMenu() {
  const [open, setOpen] = useState(false);
  const [said, setSaid] = useState("");
  const menu = useRef(/** @type {HTMLDivElement | null} */ (null));
  const file = useRef(/** @type {HTMLInputElement | null} */ (null));
  useEffect(() => {
    if (!open) return;
    void keep.list().catch(() => {});
    const leave = (/** @type {Event} */ event) => {
      if (event instanceof KeyboardEvent ? event.key === "Escape" : !menu.current?.contains(/** @type {Node} */ (event.target))) setOpen(false);
    };
    addEventListener("pointerdown", leave);
    addEventListener("keydown", leave);
    return () => {
      removeEventListener("pointerdown", leave);
      removeEventListener("keydown", leave);
    };
  }, [open]);
  const run = runs.of(lab.branch.value.map((node) => node.key));
  const exported = () => (run ? download(`beamline-run-${run.number}.json`, runs.bundle(run), "application/json") : setSaid(say("noRun")));
  const replayed = async (/** @type {File | undefined} */ given) => {
    if (!given) return;
    setSaid("…");
    try {
      const verdict = await runs.replay(await given.text());
      setSaid(verdict.same ? say("same", { n: verdict.tokens }) : say("differs", { why: verdict.difference ?? "" }));
    } catch (error) {
      setSaid(error instanceof Error ? error.message : String(error));
    }
  };
  const copied = async () => {
    const address = location.href.replace(/#.*$/, "") + write(here());
    // A page that did not come over https, or from this machine, has no clipboard: then the address is there to be copied by hand.
    await (navigator.clipboard?.writeText(address) ?? Promise.reject(new Error(address))).then(() => setSaid(say("copied")), (error) => setSaid(error.message));
  };
  return h("div", { class: "menu", ref: menu },
    h("button", { type: "button", class: "plain", "aria-expanded": open, onClick: () => setOpen(!open) }, say("work")),
    open ? h("div", { class: "panel" },
      h("button", { type: "button", onClick: () => void keep.begin(props.value?.model.id ?? "").then(() => setOpen(false)) }, say("newWork")),
      h("button", { type: "button", onClick: () => void copied() }, say("link")),
      h("button", { type: "button", onClick: exported }, say("export")),
      h("button", { type: "button", onClick: () => file.current?.click() }, say("replay")),
      h("input", { type: "file", accept: "application/json,.json", ref: file, class: "unseen", tabIndex: -1, "aria-label": say("replay"), onChange: (/** @type {any} */ event) => void replayed(event.currentTarget.files?.[0]) }),
      h("p", { role: "status" }, said || (keep.unkept.value ? say("unkept", { why: keep.unkept.value }) : "")),
      keep.works.value.length > 0 ? [h("h3", { key: "title" }, say("works")), h(Works, { key: "works", done: () => setOpen(false), tell: setSaid })] : null) : null);
}

/** What cannot be done is told. @param {Promise<unknown>} what @param {(words: string) => void} tell */
const heard = (what, tell) => void what.catch((error) => tell(error instanceof Error ? error.message : String(error)));

/** The works that are kept. @param {{done: () => void, tell: (words: string) => void}} props */
function Works({ done, tell }) {
  const model = props.value?.model.id ?? "";
  const shown = async (/** @type {string} */ name) => {
    const work = await keep.read(name);
    if (!work) return;
    if (work.model !== model) return tell(say("otherWork", { made: work.model, model }));
    await keep.show(work, model);
    done();
  };
  return h("ul", { class: "works" }, keep.works.value.map((work) => h("li", { key: work.name },
    h("button", { type: "button", class: "plain", onClick: () => heard(shown(work.name), tell) }, `${work.text.slice(0, 36) || "…"} · ${work.model} · ${new Date(work.at).toLocaleString(language.value)}`),
    h("button", { type: "button", class: "plain", "aria-label": `${say("forget")}: ${work.text.slice(0, 36)} ${new Date(work.at).toLocaleString(language.value)}`, onClick: () => heard(keep.forget(work.name), tell) }, "✕"))));
}
