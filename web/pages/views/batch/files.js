// Files in and out: a file of rows that is dropped or chosen, and the rows with their results.
import { download } from "../../parts/download.js";
import { running, trouble } from "../../state/lab.js";
import { props } from "../../state/server.js";
import { usual } from "../../state/settings.js";
import { outputName } from "./command.js";
import * as kept from "./kept.js";
import { formatOf, textOf } from "./rows.js";
import { outcomes, run, source, takeText } from "./state.js";
import { Wrong } from "./template.js";
import { say } from "./words.js";
import { jsonLine, tableOf } from "./written.js";

/** Bytes of a file, at most: its rows are held in the page. */
const MOST = 64 * 2 ** 20;

/** Takes a file, or says why not. @param {File | undefined} file */
export async function take(file) {
  if (!file) return;
  trouble.value = null;
  const format = formatOf(file.name);
  if (format === null) return void (trouble.value = say(/\.parquet$/i.test(file.name) ? "parquet" : "noFormat", { name: file.name }));
  if (file.size > MOST) return void (trouble.value = say("tooLarge", { name: file.name, most: MOST / 2 ** 20 }));
  try {
    const text = textOf(await file.arrayBuffer());
    if (run.value?.state === "running") running.value?.stop.abort();
    await kept.keep();
    takeText({ name: file.name, format, text });
  } catch (error) {
    if (error instanceof TypeError) trouble.value = say("noUtf8", { name: file.name });
    else if (error instanceof Wrong) trouble.value = `${file.name}: ${error.message}`;
    else throw error;
  }
}

/** Whether rows may have several sequences, for which a table has a column. */
function several() {
  const begun = run.value?.run;
  const columns = source.value?.table ?? [];
  const own = begun?.asking.own === true && ["num_return_sequences", "options"].some((name) => columns.includes(name));
  return own || Number(begun?.options["num_return_sequences"] ?? usual("num_return_sequences") ?? 1) > 1;
}

/** The finished rows as a file. @param {"jsonl" | "table"} as @returns {string[]} its parts */
export function written(as) {
  const given = source.value;
  if (!given) return [];
  const table = as === "table" && given.table ? tableOf(given.format, given.table, several()) : null;
  const lines = given.rows.flatMap(({ fields }, number) => {
    const outcome = outcomes[number];
    if (!outcome || outcome.state === "running") return [];
    return table ? table.row(fields, outcome.result) : jsonLine(fields, outcome.result);
  });
  return table ? [table.head, ...lines] : lines;
}

/** Has the browser save the finished rows. @param {"jsonl" | "table"} as */
export function save(as) {
  const given = source.value;
  if (!given || !props.value) return;
  const [ending, type] = as === "jsonl" ? ["jsonl", "application/jsonl"] : [given.format, given.format === "tsv" ? "text/tab-separated-values" : "text/csv"];
  download(outputName(given.name, ending), new Blob(written(as), { type }), type);
}
