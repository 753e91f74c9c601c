// Learn, in a real browser: the whole tour by keyboard in each language, what a scene sets and leads to, links, paper.
import assert from "node:assert/strict";
import { test } from "node:test";
import { taskOf } from "../../pages/state/command.js";
import { accessible, api, close, open, shot, together } from "./lab.js";

const { server, browser } = await together(["--threads", "1"]);

/** What the address says. @param {import("./lab.js").WatchedPage} page */
async function address(page) {
  const [path = "", query = ""] = (await page.evaluate(() => location.hash)).split("?");
  const fields = new URLSearchParams(query);
  return { path, prompt: fields.get("p") ?? "", options: JSON.parse(fields.get("o") ?? "{}") };
}

/** What has the focus, as an accessible text. @param {import("./lab.js").WatchedPage} page @returns {Promise<string>} */
const focused = (page) => page.evaluate(() => {
  const at = document.activeElement;
  return `${at?.tagName} ${at?.getAttribute("aria-label") ?? at?.textContent}${at?.hasAttribute("title") ? ` title:${at.getAttribute("title")}` : ""}`;
});

/** Goes on by Tab until what has the focus is wanted. @param {import("./lab.js").WatchedPage} page @param {RegExp} wanted */
async function tabTo(page, wanted) {
  for (let i = 0; i < 12; i++) {
    await page.keyboard.press("Tab");
    if (wanted.test(await focused(page))) return;
  }
  assert.fail(`no Tab leads to ${wanted}; at last to ${await focused(page)}`);
}

/** Waits until nothing runs, and the prompt of the task is in the address. @param {import("./lab.js").WatchedPage} page @param {import("../../pages/state/command.js").Task} task */
async function did(page, task) {
  const options = Object.keys(task.options).length > 0 ? JSON.stringify(task.options) : null;
  await page.waitForFunction(([view, prompt, options]) => {
    const fields = new URLSearchParams(location.hash.split("?")[1]);
    return /^#\/(\w+)/.exec(location.hash)?.[1] === view && fields.get("p") === prompt && (options === null || fields.get("o") === options);
  }, [task.view, task.prompt, options]);
}

const words = {
  en: { answer: /Show the answer/, next: /^BUTTON Next:/ },
  ko: { answer: /답 보기/, next: /^BUTTON 다음:/ },
  zh: { answer: /看答案/, next: /^BUTTON 下一幕：/ },
  ja: { answer: /答えを見る/, next: /^BUTTON 次へ：/ },
};

for (const [language, said] of Object.entries(words)) {
  test(`the whole tour, by keyboard alone: ${language}`, async () => {
    const { scenes } = await api(server.url, `lab/chapter/${language}`);
    const page = await open(browser, server.url, { hash: "#/learn", language });
    await page.locator(".scene h3").waitFor();
    await page.locator("main").focus();
    await page.keyboard.press("Enter"); // the first command of the first scene
    for (const scene of scenes) {
      const tasks = scene.commands.map((/** @type {string} */ line) => taskOf(line));
      for (const [step, task] of tasks.entries()) {
        if (scene.number > 1 || step > 0) {
          if (step > 0) await page.keyboard.press("t"); // else the keys are in the panel already
          await tabTo(page, new RegExp(`title:${scene.commands[step].replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}$`));
          await page.keyboard.press("Enter");
        }
        await did(page, task);
        await page.waitForFunction(() => document.activeElement?.closest("main")); // the keys are in the view
      }
      const panel = page.locator(".tour");
      assert.match((await panel.locator("h2").textContent()) ?? "", new RegExp(`^${scene.number} / ${scenes.length} `));
      assert.equal((await panel.locator(".told p:not(.hint)").allTextContents()).join(""), scene.paragraphs.join("").replaceAll("`", ""));
      assert.ok(!(await panel.textContent())?.includes(scene.answer.replaceAll("`", "")));
      await page.keyboard.press("t");
      await tabTo(page, said.answer);
      await page.keyboard.press("Enter");
      await panel.getByText(scene.answer.replaceAll("`", "")).waitFor();
      if (scene.number === scenes.length) break;
      await tabTo(page, said.next);
      await page.keyboard.press("Enter");
      await panel.locator("h2", { hasText: scenes[scene.number].title }).waitFor();
      await page.waitForFunction(() => document.activeElement?.tagName === "ASIDE"); // the reader reads on from the scene's title
    }
    await page.evaluate(() => (location.hash = "#/learn"));
    await page.locator(".scenes").waitFor();
    assert.equal(await page.locator(".scenes .done").count(), scenes.length);
    await close(page);
  });
}

test("a key that follows at once is not taken back by a focus that the change of view brings", async () => {
  const page = await open(browser, server.url, { hash: "#/learn/greedy-search" });
  await page.locator(".actions-of-scene button.main").waitFor();
  await page.evaluate(async () => {
    /** @type {HTMLElement} */ (document.querySelector(".actions-of-scene button.main")).click();
    while (!document.querySelector(".tour")) await Promise.resolve(); // nothing but what the click itself has brought: no frame, no timer
    document.activeElement?.dispatchEvent(new KeyboardEvent("keydown", { key: "t", bubbles: true }));
    await new Promise((wake) => setTimeout(wake, 300));
  });
  assert.equal(await page.evaluate(() => document.activeElement?.tagName), "ASIDE");
  await close(page);
});

test("what a scene does in Play has the API's numbers", async () => {
  const page = await open(browser, server.url, { hash: "#/learn/greedy-search" });
  await page.locator(".actions-of-scene button.main").click();
  const told = await api(server.url, "v1/generate", { prompt: "She opened the door and", max_new_tokens: 8, do_sample: false });
  await page.locator("[data-sum]").waitFor();
  await page.waitForFunction((sum) => Math.abs(Number(document.querySelector("[data-sum]")?.getAttribute("data-sum")) - sum) < 1e-9, told.sequences[0].sum_logprob);
  await accessible(page);
  await shot(page, "learn-tour-en-light");
  // The same scene again begins at the prompt again, and the way back leads to what was there before.
  await page.locator(".tour .actions-of-scene button").first().click();
  await page.waitForFunction((sum) => Math.abs(Number(document.querySelector("[data-sum]")?.getAttribute("data-sum")) - sum) < 1e-9, told.sequences[0].sum_logprob);
  await close(page);
});

test("the tour keeps its place when the page is loaded anew, folds, and ends", async () => {
  const page = await open(browser, server.url, { hash: "#/learn/2" });
  await page.locator(".actions-of-scene button.main").click();
  await page.locator(".tour .told").waitFor();
  await page.reload();
  await page.locator(".tour .told").waitFor();
  await page.locator(".tour header button").first().click();
  assert.equal(await page.locator(".tour .told").count(), 0);
  await page.getByLabel("Language").selectOption("ko");
  await page.locator(".tour h2", { hasText: "그리디 서치" }).waitFor();
  await page.getByRole("button", { name: "둘러보기 끝내기" }).click();
  assert.equal(await page.locator(".tour").count(), 0);
  assert.match(await focused(page), /^MAIN/);
  await page.keyboard.press("t");
  await page.locator(".scene h3").waitFor();
  await close(page);
});

test("scenes have addresses, by number and by name; keys go along; all of it can be read by everybody", async () => {
  const page = await open(browser, server.url, { hash: "#/learn/5" });
  await page.locator(".scene h3", { hasText: "Beam search" }).waitFor();
  await page.locator("main").focus();
  await page.keyboard.press("ArrowRight");
  await page.locator(".scene h3", { hasText: "The n-gram ban" }).waitFor();
  assert.equal((await address(page)).path, "#/learn/ngram-ban");
  assert.match(await focused(page), /^H3/);
  await page.keyboard.press("a");
  await page.locator(".question", { hasText: "What ought to come again" }).waitFor();
  await accessible(page);
  await page.locator(".command button").first().click();
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), 'beamline generate "She opened the door and" --max-new-tokens 60 --no-repeat-ngram-size 3');
  await page.getByLabel("Language").selectOption("ja");
  await page.locator(".scene h3", { hasText: "n-gram の禁止" }).waitFor();
  await page.getByRole("button", { name: "ダーク" }).click();
  await accessible(page);
  await shot(page, "learn-ja-dark");
  await close(page);
});

test("on a small screen the view is seen, and nothing is wider than the screen", async () => {
  const page = await open(browser, server.url, { hash: "#/learn/11", width: 360, height: 740, dark: true, language: "ko" });
  await page.locator(".scene h3").waitFor();
  const fits = () => page.evaluate(() => document.documentElement.scrollWidth <= innerWidth);
  assert.ok(await fits());
  const line = page.locator(".command code").first();
  await line.focus();
  await page.keyboard.press("ArrowRight");
  await page.waitForFunction(() => Number(document.querySelector(".command code")?.scrollLeft) > 0);
  assert.equal((await address(page)).path, "#/learn/11", "the keys scroll the line that has the focus, and go to no other scene");
  await page.locator(".actions-of-scene button.main").click();
  await page.locator(".tour").waitFor();
  assert.equal(await page.locator(".tour .told").count(), 0);
  await page.waitForFunction(() => document.querySelectorAll(".chip").length > 40);
  await page.locator(".tour header button").first().click();
  await page.locator(".tour .told").waitFor();
  assert.ok(await fits());
  const box = await page.locator(".tour").boundingBox();
  assert.ok(box && box.height < 740 / 2 && box.y + box.height <= 741, JSON.stringify(box));
  await accessible(page);
  await shot(page, "learn-360-ko-dark");
  await close(page);
});

test("the whole tour is there on paper, and nothing else", async () => {
  const page = await open(browser, server.url, { hash: "#/learn/3", dark: true });
  await page.locator(".scene h3").waitFor();
  await page.emulateMedia({ media: "print" });
  assert.equal(await page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor), "rgb(255, 255, 255)", "paper is light");
  const { scenes } = await api(server.url, "lab/chapter/en");
  const paper = page.locator(".paper");
  for (const scene of scenes) {
    await paper.getByText(scene.answer.replaceAll("`", "")).waitFor();
    for (const line of scene.commands) await paper.getByText(line).first().waitFor();
  }
  for (const other of [".bar", ".rail", ".scenes", ".scene"]) assert.ok(await page.locator(other).isHidden(), other);
  await close(page);
});

test("two texts of a scene are compared, and so many texts of each way are drawn", async () => {
  const page = await open(browser, server.url, { hash: "#/learn/sentence-probability" });
  await page.locator(".actions-of-scene button.main").click();
  const { items } = await api(server.url, "v1/score", { items: [{ continuations: ["They were very happy.", "They was very happy."] }] });
  const [one, other] = items[0].texts.map((/** @type {{tokens: Array<{logprob: number | null}>}} */ text) => text.tokens.reduce((sum, token) => sum + (token.logprob ?? 0), 0));
  await page.locator("[data-difference]").first().waitFor();
  const shown = await page.locator("[data-difference]").evaluateAll((all) => all.reduce((sum, at) => sum + Number(at.getAttribute("data-difference")), 0));
  assert.ok(Math.abs(shown - (one - other)) < 1e-6, `${shown} is not ${one - other}`);
  await page.evaluate(() => (location.hash = "#/learn/which-method"));
  await page.locator(".scene h3", { hasText: "Which method when" }).waitFor();
  await page.locator(".scene .actions-of-scene button.main").click();
  await page.locator(".ways").waitFor();
  assert.equal(await page.getByRole("textbox", { name: "Texts of each way that draws" }).inputValue(), "2");
  await page.getByRole("button", { name: "Run all" }).waitFor({ timeout: 180_000 });
  await close(page);
});
