// A thread of its own that finds tokens: an expression that takes for ever holds nothing up, and is ended.
import { find } from "./match.js";

/** @type {import("./match.js").Entry[]} */
let entries = [];

self.onmessage = ({ data }) => {
  if (data.entries) {
    entries = data.entries;
    return;
  }
  try {
    self.postMessage({ number: data.number, ids: find(entries, data.kind, data.query, data.fold) });
  } catch (error) {
    self.postMessage({ number: data.number, error: error instanceof Error ? error.message : String(error) });
  }
};
