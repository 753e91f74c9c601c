// Which processors are on, with which values, in which order: the options that all views share, seen as a chain.
import { computed, signal } from "../../vendor/preact.js";
import { isOn, values } from "../../numbers/chain.js";
import { HF, LLAMA_CPP, LLAMA_CPP_DEFAULTS, orderOf } from "../../numbers/chain/order.js";
import { BEYOND, PROCESSORS, processorOf } from "../../numbers/chain/registry.js";
import { options as cards, props } from "../../state/server.js";
import { chosen, set } from "../../state/settings.js";

/** @typedef {Record<string, unknown>} Options */

/** How far the sliders go, and with which value a stage is switched on that had none. @type {Record<string, {least: number, most: number, step: number, log: boolean, start: number}>} */
export const SLIDERS = {
  repetition_penalty: { least: 0.8, most: 2, step: 0.01, log: false, start: 1.2 },
  frequency_penalty: { least: -2, most: 2, step: 0.05, log: false, start: 0.5 },
  presence_penalty: { least: -2, most: 2, step: 0.05, log: false, start: 0.5 },
  no_repeat_ngram_size: { least: 0, most: 8, step: 1, log: false, start: 2 },
  temperature: { least: 0, most: 5, step: 0.05, log: true, start: 0.7 },
  top_k: { least: 0, most: 1000, step: 1, log: true, start: 50 },
  top_p: { least: 0.01, most: 1, step: 0.01, log: false, start: 0.9 },
  min_p: { least: 0, most: 0.5, step: 0.005, log: false, start: 0.05 },
  typical_p: { least: 0.05, most: 1, step: 0.01, log: false, start: 0.9 },
};

/** What the model's own files ask for. */
const model = computed(() => {
  const all = props.value?.own_settings ?? {};
  return Object.fromEntries(Object.entries(all).filter(([, { origin }]) => origin === "model").map(([name, { value }]) => [name, value]));
});

/** The value of each option, wherever it comes from. */
export const value = computed(() => values(chosen.value, model.value));

/** The end tokens. @returns {number[]} */
export function endTokens() {
  const given = chosen.value["eos_token_id"] ?? props.value?.own_settings["eos_token_id"]?.value ?? [];
  return (Array.isArray(given) ? given : [given]).map(Number);
}

/** Whether tokens are drawn here, or the best is taken. */
export const drawing = computed(() => value.value("do_sample") === true);

/** Whether a processor is on. @param {string} name */
export function on(name) {
  const processor = PROCESSORS.get(name);
  return processor ? isOn(processor, value.value) : beyondOn(name);
}

/** Whether one that the server alone computes is on. @param {string} name */
function beyondOn(name) {
  return Object.entries(BEYOND).some(([option, neutral]) => processorOf(option) === name && (chosen.value[option] ?? neutral ?? null) !== (neutral ?? null));
}

/** The processors that have a place in the chain that is shown: those with sliders, and those that are on. */
export const shownNames = computed(() => orderOf(value.value).filter((name) => name in SLIDERS || on(name) || name in parked.value));

/** What was switched off, with the value it had. */
const parked = signal(/** @type {Options} */ ({}));

/** The option that switches a processor on. @param {string} name */
export function optionOf(name) {
  const own = Object.keys(PROCESSORS.get(name)?.options ?? {})[0];
  return own ?? Object.keys(BEYOND).find((option) => processorOf(option) === name && option in chosen.value) ?? name;
}

/** The value an option has where nobody sets it. @param {string} name */
function otherwise(name) {
  const { [name]: _, ...others } = chosen.value;
  return values(others, model.value)(name);
}

/**
 * The options that are set and that would have no effect, which the server refuses, once these were off: they need one of them, and nothing
 * else that they need is on. Those that need these in turn are among them.
 *
 * @param {string[]} off
 */
function idle(off) {
  const gone = new Set(off);
  for (let before = -1; before !== gone.size; ) {
    before = gone.size;
    for (const { name, needs } of cards.value) {
      if (name in chosen.value && needs.length > 0 && needs.some((need) => gone.has(need)) && needs.every((need) => gone.has(need) || !isSet(need))) gone.add(name);
    }
  }
  return [...gone].filter((name) => name in chosen.value);
}

/** Whether an option has a value that does something. @param {string} name */
function isSet(name) {
  const processor = PROCESSORS.get(name);
  return processor ? isOn(processor, value.value) : Boolean(chosen.value[name]);
}

/** Puts options by, with the values they have. @param {string[]} names @returns {Options} the changes that take them back */
function putBy(names) {
  parked.value = { ...parked.value, ...Object.fromEntries(names.map((name) => [name, chosen.value[name]])) };
  return Object.fromEntries(names.map((name) => [name, undefined]));
}

/** Takes from what was put by what needs one of these options. @param {string[]} names @returns {Options} */
function takeBack(names) {
  const needed = new Set(names);
  /** @type {Options} */
  const back = {};
  for (const { name, needs } of cards.value) {
    if (name in parked.value && needs.some((need) => needed.has(need))) {
      back[name] = parked.value[name];
      needed.add(name);
    }
  }
  parked.value = Object.fromEntries(Object.entries(parked.value).filter(([name]) => !(name in back)));
  return back;
}

/** Has tokens drawn; what was put by with that comes back. @param {Options} changes */
function draw(changes) {
  const back = drawing.value ? {} : takeBack(["do_sample"]);
  set({ do_sample: true, penalty_alpha: undefined, ...back, ...changes });
}

/** Has the best token taken. */
function takeBest() {
  set({ ...putBy(idle(["do_sample"]).filter((name) => name !== "do_sample")), do_sample: undefined });
}

/** Gives a processor's number. A temperature of 0 is the limit: the best token is taken. @param {string} name @param {number | undefined} number */
export function give(name, number) {
  if (name === "temperature" && number === 0) return takeBest();
  const changes = { [name]: number };
  if (number === PROCESSORS.get(name)?.neutral && otherwise(name) === number) changes[name] = undefined;
  const { [name]: _, ...others } = parked.value;
  parked.value = others;
  if (PROCESSORS.get(name)?.draws) draw(changes);
  else set(changes);
}

/** Switches a processor off, or on again with the value it had. @param {string} name */
export function toggle(name) {
  const processor = PROCESSORS.get(name);
  const option = optionOf(name);
  if (on(name)) {
    const neutral = processor ? processor.neutral : undefined;
    const held = value.value(option);
    const changes = putBy(idle([option]).filter((name) => name !== option));
    parked.value = { ...parked.value, [option]: held };
    return set({ ...changes, [option]: otherwise(option) === neutral ? undefined : neutral });
  }
  const { [option]: before, ...others } = parked.value;
  parked.value = others;
  const changes = { ...takeBack([option]), [option]: before ?? SLIDERS[name]?.start };
  if (processor?.draws) draw(changes);
  else set(changes);
}

/** Chooses an engine's order and defaults. @param {string} name */
export function choosePreset(name) {
  const own = name === "llama.cpp" ? { preset: name, do_sample: true } : { preset: undefined };
  // What stands in the way of the preset's own values, because it was switched off, is taken back.
  const freed = Object.fromEntries(Object.keys(LLAMA_CPP_DEFAULTS).filter((option) => chosen.value[option] === PROCESSORS.get(option)?.neutral).map((option) => [option, undefined]));
  set({ processors: undefined, ...freed, ...own });
}

/** Moves a processor among those that are shown. @param {string} name @param {number} to its new place among them */
export function move(name, to) {
  const shown = shownNames.value;
  const target = shown[Math.min(shown.length - 1, Math.max(0, to))];
  if (target === undefined || target === name) return;
  const later = shown.indexOf(target) > shown.indexOf(name);
  const order = orderOf(value.value).filter((other) => other !== name && (other !== "grammar" || props.value?.capabilities.grammar !== false));
  order.splice(order.indexOf(target) + (later ? 1 : 0), 0, name);
  const own = value.value("preset") === "llama.cpp" ? LLAMA_CPP : HF;
  set({ processors: order.join() === own.join() ? undefined : order });
}

/** Whether the order is one of the reader's own. */
export const ownOrder = computed(() => Array.isArray(chosen.value["processors"]));

/** Goes back to the preset's order. */
export const resetOrder = () => set({ processors: undefined });
