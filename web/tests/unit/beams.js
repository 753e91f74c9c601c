// Searches of the built-in model, recorded as the server told them.
import { readFileSync } from "node:fs";
import { Search } from "../../pages/views/beams/search.js";

/** The events of a recorded search. @param {"ends" | "groups"} name @returns {Array<{name: string, data: any}>} */
export function recorded(name) {
  const text = readFileSync(new URL(`./beams-${name}.jsonl`, import.meta.url), "utf8");
  return text.trim().split("\n").map((line) => JSON.parse(line));
}

/** A recorded search, told to its end or to the first event of which something is true. @param {"ends" | "groups"} name @param {(event: {name: string, data: any}) => boolean} [until] */
export function told(name, until = () => false) {
  const search = new Search();
  for (const event of recorded(name)) {
    if (until(event)) break;
    search.take(event.name, event.data);
  }
  return search;
}
