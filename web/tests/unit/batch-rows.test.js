// Rows of files: tables, lines of JSON, prompts made of columns, and seeds, by the rules of `beamline batch`.
import assert from "node:assert/strict";
import { test } from "node:test";
import { line, rows } from "../../pages/numbers/csv.js";
import { Digits, float, of, read, write } from "../../pages/numbers/json.js";
import { formatOf, rowsOf, textOf } from "../../pages/views/batch/rows.js";
import { rowSeed } from "../../pages/views/batch/seed.js";
import { Wrong, fill, template } from "../../pages/views/batch/template.js";

test("tables are read with quotes, line ends within values, and each kind of line end", () => {
  const cases = /** @type {Array<[string, string[][]]>} */ ([
    ["a,b\n1,2\n", [["a", "b"], ["1", "2"]]],
    ["a,b\r\n1,2", [["a", "b"], ["1", "2"]]],
    ["a,b\r1,2\r", [["a", "b"], ["1", "2"]]],
    ["\n\na,b\n\r\n\n1,2\n\n", [["a", "b"], ["1", "2"]]],
    ['a,b\n"x, ""y""\r\nz",\n', [["a", "b"], ['x, "y"\r\nz', ""]]],
    ['a\n""\n', [["a"], [""]]],
    [",\n,,", [["", ""], ["", "", ""]]],
    ['a "b",c"d\n', [['a "b"', 'c"d']]],
    ['"a"b,"c" "d"\n', [["ab", 'c "d"']]],
    ['a,"not closed\n1,2\n', [["a", "not closed\n1,2\n"]]],
    ['a,"ends with two""', [["a", 'ends with two"']]],
    ["", []],
    ["\n", []],
    ["글,韓\n안녕, 🙂", [["글", "韓"], ["안녕", " 🙂"]]],
  ]);
  for (const [text, wanted] of cases) assert.deepEqual(rows(text, ","), wanted, JSON.stringify(text));
  assert.deepEqual(rows("a,x\tb\n1\t2", "\t"), [["a,x", "b"], ["1", "2"]]);
  const long = `x${'""'.repeat(300_000)}`;
  assert.equal(rows(`a,b\n"${long}",1\n`, ",")[1]?.[0]?.length, 300_001);
});

test("what is written is read again", () => {
  const values = ["plain", "", 'a "b"', "x,y", "x\ty", "line\nend", "\r", " "];
  for (const separator of [",", "\t"]) assert.deepEqual(rows(line(values, separator), separator), [values]);
  assert.equal(line(["a", "x,y", "x\ty"], "\t"), 'a\tx,y\t"x\ty"\n');
});

test("numbers of 64 bits are written as the engine writes them", () => {
  const cases = /** @type {Array<[number, string]>} */ ([
    [0, "0.0"], [-0, "-0.0"], [-12, "-12.0"], [0.1, "0.1"], [1e-5, "0.00001"], [1.5e-5, "0.000015"], [1e-6, "1e-6"], [1.25e-7, "1.25e-7"],
    [1e15, "1000000000000000.0"], [1e16, "1e16"], [1.5e16, "1.5e16"], [-23.25432425083621, "-23.25432425083621"], [123456789012345680, "1.2345678901234568e17"], [5e-324, "5e-324"], [1e21, "1e21"],
  ]);
  for (const [value, wanted] of cases) assert.equal(float(value), wanted);
});

test("JSON keeps the order of fields and all digits", () => {
  const kept = '{"z":1,"2":[1.0,-0.0,18446744073709551615,1e300,"\\u0001\\n\\"é🙂"],"1":{"":null},"a":true}';
  assert.equal(write(read(kept)), kept);
  assert.equal(write(read(' { "a" : 1E2 , "b" : [ ] , "a" : 0.10 } ')), '{"a":0.1,"b":[]}');
  assert.equal(write(read("18446744073709551616")), "1.8446744073709552e19");
  assert.equal(write(read("-0")), "-0.0");
  assert.equal(write(of({ a: [1, 0.5, 2 ** 60, "x", null, undefined], b: new Digits("9007199254740993") })), '{"a":[1,0.5,1.152921504606847e18,"x",null,null],"b":9007199254740993}');
  for (const wrong of ["", "{", "{'a':1}", "[1,]", "1e999", '"\\ud800"', "01", "nul", "[".repeat(200) + "]".repeat(200)]) assert.throws(() => read(wrong), SyntaxError, wrong);
});

test("lines of JSON are rows; what is none says so in its place", () => {
  const { rows: found, columns, table } = rowsOf('\n "Once" \n{"a": 1, "b": "x"}\r\n[1]\n\t\n{"a": }\n', "jsonl");
  assert.equal(table, null);
  assert.deepEqual(columns, ["prompt"]);
  assert.deepEqual(found.map((row) => row.fields && write(new Map(row.fields))), ['{"prompt":"Once"}', '{"a":1,"b":"x"}', null, null]);
  assert.match(String(found[2]?.wrong), /^line 4: it must be a JSON object of columns/);
  assert.match(String(found[3]?.wrong), /^line 6: not valid JSON: /);
});

test("a table's rows have as many values as columns", () => {
  const { rows: found, table } = rowsOf("a,b\n1,2\n3\n", "csv");
  assert.deepEqual(table, ["a", "b"]);
  assert.deepEqual([...(found[0]?.fields ?? [])], [["a", "1"], ["b", "2"]]);
  assert.match(String(found[1]?.wrong), /^row 2: it has 1 values, and there are 2 columns/);
  assert.throws(() => rowsOf("a,a\n", "csv"), /the column "a" is there twice/);
  assert.throws(() => rowsOf("\n", "csv"), /no first line/);
  assert.deepEqual([rowsOf("", "jsonl").rows.length, rowsOf("a,b\n", "csv").rows.length], [0, 0]);
});

test("formats are told by names, and bytes that are no UTF-8 are refused", () => {
  assert.deepEqual(["a.JSONL", "b.ndjson", "c.csv", "d.tsv", "e.parquet", "csv"].map(formatOf), ["jsonl", "jsonl", "csv", "tsv", null, null]);
  assert.equal(textOf(/** @type {ArrayBuffer} */ (new Uint8Array([0xef, 0xbb, 0xbf, 0x61]).buffer)), "a", "without the mark of the byte order");
  assert.throws(() => textOf(/** @type {ArrayBuffer} */ (new Uint8Array([0xff]).buffer)), TypeError);
});

test("templates are filled in, and single braces are refused", () => {
  const row = /** @type {Map<string, import("../../pages/numbers/json.js").Json>} */ (read('{"글": "안녕 {b}", "n": 3.0, "list": [1, "a"], "": "x", "null": null}'));
  assert.equal(fill(template("{글}|{n}|{ list }|{{글}}"), row), '안녕 {b}|3.0|[1,"a"]|{글}');
  assert.equal(fill(template(""), row), "");
  assert.throws(() => fill(template("{null}"), row), { message: 'the column "null" is null, and the prompt needs it' });
  assert.throws(() => fill(template("{x}"), row), { message: 'there is no column "x"; columns are 글, n, list, , null' });
  for (const wrong of ["{", "}", "a } b", "{}", "{ }", "{a", "{{a}", "{a{b}}", "{a}}"]) assert.throws(() => template(wrong), Wrong, wrong);
});

test("seeds are those that are documented", async () => {
  assert.equal(await rowSeed(7, "a", 3), 3972474201176605);
  assert.equal(await rowSeed(7, null, 3), 1513365342827931);
  assert.ok((await rowSeed("18446744073709551615", "키", 0)) < 2 ** 53);
});
