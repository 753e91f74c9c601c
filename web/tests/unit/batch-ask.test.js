// Rows as requests, results as lines, and the same run as a command.
import assert from "node:assert/strict";
import { test } from "node:test";
import { read, write } from "../../pages/numbers/json.js";
import { keyOf, ownOptions, promptOf, requestOf, settle, usualAsking, withoutEffect } from "../../pages/views/batch/ask.js";
import { commandOf, outputName, pythonOf } from "../../pages/views/batch/command.js";
import { carried, jsonLine, tableOf } from "../../pages/views/batch/written.js";

/** @typedef {import("../../pages/views/batch/ask.js").Asking} Asking */

const cards = /** @type {import("../../pages/api/shapes.js").OptionCard[]} */ ([
  ["do_sample", "flag"], ["temperature", "number"], ["max_new_tokens", "count"], ["stop_strings", "other"], ["eos_token_id", "other"], ["regex", "text"], ["num_beams", "count"], ["num_return_sequences", "count"], ["seed", "count"], ["top_k", "count"],
].map(([name, kind]) => ({ name, kind, about: "", common: true, default: "", needs: [], range: "" })));

const fields = (/** @type {string} */ text) => /** @type {Map<string, any>} */ (read(text));
const asking = (/** @type {Partial<Asking>} */ more = {}) => /** @type {Asking} */ ({ by: "column", template: "", column: "prompt", key: null, chat: false, own: true, ...more });
const run = (/** @type {Partial<import("../../pages/views/batch/ask.js").Run>} */ more = {}) => ({ asking: asking(), options: {}, seed: 7, texts: false, ...more });

test("prompts are texts, token ids, messages or made of columns; all else is refused in a line", () => {
  const prompt = (/** @type {Partial<Asking>} */ more, /** @type {string} */ row) => write(promptOf(asking(more), fields(row)));
  assert.equal(prompt({}, '{"prompt":"Once"}'), '{"prompt":"Once"}');
  assert.equal(prompt({}, '{"prompt":[5,0]}'), '{"prompt_ids":[5,0]}');
  assert.equal(prompt({ chat: true }, '{"prompt":"Hi"}'), '{"messages":[{"role":"user","content":"Hi"}]}');
  assert.equal(prompt({ by: "template", template: "{a}!" }, '{"a":3}'), '{"prompt":"3!"}');
  assert.equal(prompt({ by: "messages", column: "m" }, '{"m":[{"role":"user"}]}'), '{"messages":[{"role":"user"}]}');
  assert.equal(prompt({ by: "messages", column: "m" }, '{"m":"{\\"messages\\":[{\\"role\\":\\"user\\"}],\\"tools\\":[]}"}'), '{"messages":[{"role":"user"}],"tools":[]}');
  const refused = /** @type {Array<[Partial<Asking>, string, string]>} */ ([
    [{}, "{}", 'there is no column "prompt"; the row has none'],
    [{}, '{"prompt":null}', 'the column "prompt" is null, and it is the prompt'],
    [{}, '{"prompt":3}', 'the column "prompt" must be a text, or a list of token ids'],
    [{}, '{"prompt":[1,-2]}', 'the column "prompt" is a list, and not all of it are token ids'],
    [{}, '{"prompt":[4294967296]}', 'the column "prompt" is a list, and not all of it are token ids'],
    [{ chat: true }, '{"prompt":[1]}', 'the column "prompt" must be a text, or a list of token ids'],
    [{ by: "messages", column: "m" }, '{"m":[]}', 'the column "m": the messages: there are none; give one at least'],
    [{ by: "messages", column: "m" }, '{"m":{"messages":[1],"x":1}}', 'the column "m": the field "x": it is not read; fields are messages, tools, documents, add_generation_prompt, chat_template_kwargs'],
    [{ by: "messages", column: "m" }, '{"m":3}', 'the column "m": the messages: they must be a list of objects with role and content'],
  ]);
  for (const [more, row, message] of refused) assert.throws(() => promptOf(asking(more), fields(row)), { message });
});

test("what a file is asked depends on its columns, and columns that are not there are refused", () => {
  assert.deepEqual([usualAsking(["id", "prompt"]).by, usualAsking(["messages"]).by, usualAsking(["text", "id"]).template], ["column", "messages", "{text}"]);
  settle(asking({ by: "template", template: "{a} {b}", key: "c" }), ["a", "b", "c"]);
  assert.throws(() => settle(asking({ by: "template", template: "{a} {b}" }), ["a"]), { message: 'there is no column "b"; columns are a' });
  assert.throws(() => settle(asking({ key: "id" }), ["prompt"]), /no column "id"/);
});

test("keys are texts, numbers or truths", () => {
  const key = (/** @type {string} */ row) => keyOf(asking({ key: "id" }), fields(row));
  assert.deepEqual([key('{"id":"é"}'), key('{"id":7.0}'), key('{"id":9007199254740993}'), key('{"id":false}'), keyOf(asking(), fields("{}"))], ["é", "7.0", "9007199254740993", "false", null]);
  assert.throws(() => key('{"id":null}'), /is null; give the row one/);
  assert.throws(() => key('{"id":[1]}'), /must be a text or a number/);
  assert.throws(() => key("{}"), /no column "id"/);
});

test("a row's own options: columns by their names, and the column of several", () => {
  const own = (/** @type {string} */ row, more = {}) => write(ownOptions(run(more), cards, fields(row)));
  assert.equal(own('{"temperature":0.50,"x":1,"max_new_tokens":null,"options":{"do_sample":true,"seed":18446744073709551615}}'), '{"temperature":0.5,"do_sample":true,"seed":18446744073709551615}');
  assert.equal(own('{"temperature":"0.5"}'), '{"temperature":"0.5"}', "the engine says that it is no number");
  assert.equal(own('{"temperature":"0.5","max_new_tokens":"","do_sample":"True","stop_strings":"a.","eos_token_id":"1, 2","regex":"[ab]","options":"{\\"num_beams\\":2}"}', { texts: true }),
    '{"temperature":0.5,"do_sample":true,"stop_strings":"a.","eos_token_id":[1,2],"regex":"[ab]","num_beams":2}');
  assert.equal(own('{"temperature":"warm","max_new_tokens":"7","options":" "}', { texts: true }), '{"temperature":"warm","max_new_tokens":7}');
  assert.equal(own('{"temperature":0.5,"options":{"top_k":1}}', { asking: asking({ own: false }) }), "{}");
  assert.equal(own('{"temperature":0.5}', { asking: asking({ key: "temperature" }) }), "{}", "a key is no option");
  for (const [row, message] of [['{"options":4}', /must be a JSON object/], ['{"temperature":1,"options":{"temperature":2}}', /give it once/], ['{"options":{"stream":true}}', /^Error: unknown option stream$/], ['{"options":{"max_tokens":3}}', /unknown option max_tokens/]]) {
    assert.throws(() => own(/** @type {string} */ (row)), /** @type {RegExp} */ (message));
  }
});

test("requests have the options of all rows under the row's own", () => {
  const body = (/** @type {string} */ row, /** @type {Record<string, unknown>} */ options) => {
    const request = requestOf(run({ options }), cards, fields(row));
    return [write(request.body), request.draws, [...request.weak].sort().join()];
  };
  assert.deepEqual(body('{"prompt":"a"}', { max_new_tokens: 4 }), ['{"prompt":"a","do_sample":false,"num_beams":1,"max_new_tokens":4}', false, ""]);
  assert.deepEqual(body('{"prompt":"a","temperature":null}', { do_sample: true }), ['{"prompt":"a","do_sample":true,"num_beams":1}', true, ""]);
  assert.deepEqual(body('{"prompt":"a","do_sample":false}', { do_sample: true, temperature: 0.7 }), ['{"prompt":"a","do_sample":false,"num_beams":1,"temperature":0.7}', false, "num_beams,temperature"]);
  assert.deepEqual(body('{"prompt":"a","num_beams":2}', { num_return_sequences: 3, do_sample: true }), ['{"prompt":"a","do_sample":true,"num_beams":2,"num_return_sequences":2}', true, "do_sample,num_return_sequences"]);
  assert.deepEqual(body('{"prompt":"a","do_sample":false}', { num_return_sequences: 3, do_sample: true }), ['{"prompt":"a","do_sample":false,"num_beams":1}', false, "num_beams,num_return_sequences"]);
});

test("an option of all rows that has no effect beside a row's own is passed over, and nothing else", () => {
  const weak = new Set(["temperature", "do_sample"]);
  assert.equal(withoutEffect("temperature has no effect on greedy search; it needs do_sample, or leave it out", weak), "temperature");
  assert.equal(withoutEffect("penalty_alpha and do_sample do not go together: contrastive search", weak), "do_sample");
  assert.equal(withoutEffect("top_k has no effect on greedy search; it needs do_sample", weak), null);
  assert.equal(withoutEffect("temperature must be above 0, got -1", weak), null);
});

const sequence = (more = {}) => ({ text: 'a "b",\n', token_ids: [3, 4], finish_reason: "length", stop_string: null, score: null, sum_logprob: -2, ...more });

test("results are written as lines of JSON and as tables, and the input's columns keep their values", () => {
  const row = fields('{"text":1.0,"input_text":"x","z":{"b":1,"a":[]}}');
  assert.equal(jsonLine(row, { sequences: [sequence()], error: null }), '{"input_input_text":1.0,"input_text":"x","z":{"b":1,"a":[]},"text":"a \\"b\\",\\n","token_ids":[3,4],"finish_reason":"length","sum_logprob":-2.0,"error":null}\n');
  assert.equal(jsonLine(null, { sequences: null, error: "two\n lines" }), '{"text":null,"token_ids":null,"finish_reason":null,"sum_logprob":null,"error":"two lines"}\n');
  assert.match(jsonLine(fields("{}"), { sequences: [sequence({ score: -1.5 }), sequence()], error: null }), /"error":null,"sequences":\[\{"text":.*"stop_string":null,"score":-1\.5,"sum_logprob":-2\.0\},\{.*"score":null/);
  const table = tableOf("csv", ["id", "error"], false);
  assert.equal(table.head, "id,input_error,text,token_ids,finish_reason,sum_logprob,error\n");
  assert.equal(table.row(fields('{"id":"1,2","error":""}'), { sequences: [sequence()], error: null }), '"1,2",,"a ""b"",\n","[3,4]",length,-2.0,\n');
  assert.equal(tableOf("tsv", ["id"], true).row(null, { sequences: null, error: "no" }), "\t\t\t\t\tno\t\n");
  assert.deepEqual([carried("id", () => false), carried("text", () => false)], ["id", "input_text"]);
});

test("the command and the lines of Python say what was asked", () => {
  const told = {
    run: run({ asking: asking({ by: "template", template: "It's {a}\n-", key: "id" }), options: { do_sample: true, temperature: 0.8, stop_strings: ["a b"], include_stop_str_in_output: false } }),
    model: "builtin", name: "my rows.csv", format: /** @type {const} */ ("csv"), draws: true, usual: {},
  };
  assert.equal(commandOf(told), ["beamline batch", "--model builtin", "--input 'my rows.csv' --output 'my rows.out.csv'", "--prompt 'It'\\''s {a}\n-'", "--key-column id", "--do-sample", "--temperature 0.8", "--stop-strings '[\"a b\"]'", "--include-stop-str-in-output=false", "--seed 7"].join(" \\\n  "));
  const bare = { ...told, run: run({ asking: asking({ own: false, chat: true, column: "-p" }), options: { max_new_tokens: 3 } }), name: "-x.jsonl", format: /** @type {const} */ ("jsonl"), draws: false, usual: { do_sample: true, num_beams: 4 } };
  assert.equal(commandOf(bare).replaceAll(" \\\n  ", " "), "beamline batch --model builtin --input ./-x.jsonl --output ./-x.out.jsonl --prompt-column=-p --chat --no-option-columns --max-new-tokens 3 --do-sample=false --num-beams=1".replace("--num-beams=1", "--num-beams 1"));
  assert.equal(pythonOf(told), [
    "import beamline", "", "beamline.batch(", '    "my rows.csv",', '    "my rows.out.csv",', '    "builtin",', '    prompt="It\'s {a}\\n-",', '    key_column="id",', "    do_sample=True,", "    temperature=0.8,",
    '    stop_strings=["a b"],', "    include_stop_str_in_output=False,", "    seed=7,", ")",
  ].join("\n"));
  assert.match(pythonOf(bare), /"builtin",\n {4}prompt_column="-p",\n {4}chat=True,\n {4}option_columns=False,\n {4}max_new_tokens=3,\n {4}do_sample=False,\n {4}num_beams=1,\n\)/);
  assert.deepEqual([outputName("a.b.jsonl"), outputName("rows"), outputName("a.csv", "jsonl")], ["a.b.out.jsonl", "rows.out", "a.out.jsonl"]);
});
