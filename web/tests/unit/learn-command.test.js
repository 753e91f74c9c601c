// Every command line of the chapter means something to the lab: a view, a prompt, options that the engine knows.
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";
import { NoView, taskOf, words } from "../../pages/state/command.js";

const scenes = new URL("../../../crates/chapter/scenes/", import.meta.url);
/** The names of the engine's options, as the API's types have them. */
const names = new Set(readFileSync(new URL("../../types/openapi.d.ts", import.meta.url), "utf8").match(/OptionName: ([^;]*);/)?.[1]?.match(/\w+/g));
const lines = readdirSync(scenes).flatMap((scene) =>
  readFileSync(new URL(`${scene}/commands.txt`, scenes), "utf8").split("\n").filter(Boolean).map((line) => ({ scene, line })));

test("words are parted as the chapter parts them", () => {
  assert.deepEqual(words('beamline generate "Once upon" --seed 1'), ["beamline", "generate", "Once upon", "--seed", "1"]);
  assert.deepEqual(words('a  "b c" "" d'), ["a", "b c", "", "d"]);
  assert.deepEqual(words('x"y z"w "open end'), ["xy zw", "open end"]);
  assert.deepEqual(words(""), []);
});

test("every command line of every scene has a view, a prompt, and options of the engine", () => {
  assert.ok(names.size > 50 && !names.has("prompt"), `${names.size} options`);
  assert.ok(lines.length >= 22 && new Set(lines.map(({ scene }) => scene)).size >= 15);
  for (const { scene, line } of lines) {
    const task = taskOf(line);
    assert.ok(task.prompt.length > 3 && !task.prompt.startsWith("--"), line);
    for (const [name, value] of Object.entries(task.options)) {
      assert.ok(names.has(name), `${scene}: ${name}`);
      assert.ok(["number", "boolean"].includes(typeof value), `${scene}: ${name} = ${value}`);
    }
  }
});

test("each scene leads to the view that shows it", () => {
  const led = [...new Set(lines.map(({ scene }) => scene))].sort().map((name) =>
    [name.slice(0, 2), ...lines.filter(({ scene }) => scene === name).map(({ line }) => taskOf(line).view)].join(" "));
  assert.deepEqual(led.slice(0, 15), [
    "01 play", "02 play", "03 play score", "04 score score", "05 play beams", "06 play shape", "07 play shape", "08 shape shape", "09 shape shape",
    "10 shape shape", "11 play shape", "12 score", "13 play", "14 compare", "15 beams play",
  ]);
});

test("a command's options are the lab's options", () => {
  assert.deepEqual(taskOf('beamline inspect "Once upon a" --steps 1 --do-sample --top-k 0 --top-p 0.5 --stages --seed 7'), {
    view: "shape", place: "", prompt: "Once upon a", against: null, seed: 7, seeds: null, options: { do_sample: true, top_k: 0, top_p: 0.5, max_new_tokens: 1 },
  });
  assert.deepEqual(taskOf('beamline score "They were." --against "They was."'), {
    view: "score", place: "pairs", prompt: "They were.", against: "They was.", seed: null, seeds: null, options: {},
  });
  assert.deepEqual(taskOf('beamline generate --do-sample "Hi" --length-penalty -1'), {
    view: "play", place: "", prompt: "Hi", against: null, seed: null, seeds: null, options: { do_sample: true, length_penalty: -1, max_new_tokens: 20 },
  });
  assert.equal(taskOf('beamline plot temperature "Hi there"').view, "shape");
  assert.equal(taskOf('beamline plot beams "Hi there" --num-beams 2').prompt, "Hi there");
  assert.equal(taskOf('beamline tokenize "Hi there"').view, "tokens");
  assert.equal(taskOf('beamline compare "Hi" --seeds 2').seeds, 2);
});

test("a command that no view shows is told", () => {
  for (const line of ["", "beamline", "beamline bench x", "beamline plot logo x", "beamline inspect", 'python generate "x"', 'beamline plot sweep "x" --over top_p']) {
    assert.throws(() => taskOf(line), NoView, line);
  }
});
