// The client `openai` of Node, against the servers at BEAMLINE_PLAIN and BEAMLINE_CHATTY.
import assert from "node:assert/strict";
import test from "node:test";
import OpenAI from "openai";

const plain = new OpenAI({ baseURL: process.env.BEAMLINE_PLAIN, apiKey: "none", maxRetries: 0 });
const chatty = new OpenAI({ baseURL: process.env.BEAMLINE_CHATTY, apiKey: "none", maxRetries: 0 });
const asked = { model: "storyteller", messages: [{ role: "user", content: "Tell me of the sea." }], max_tokens: 10, seed: 1 };

test("a completion, streamed and not", async () => {
  const model = (await plain.models.list()).data[0].id;
  const fields = { model, prompt: "Once upon a time", max_tokens: 8, temperature: 0, logprobs: 2 };
  const whole = await plain.completions.create(fields);
  assert.equal(whole.usage.completion_tokens, 8);
  let text = "";
  for await (const piece of await plain.completions.create({ ...fields, stream: true })) text += piece.choices[0].text;
  assert.equal(text, whole.choices[0].text);
});

test("a chat, streamed and not", async () => {
  const whole = await chatty.chat.completions.create({ ...asked, logprobs: true, top_logprobs: 2 });
  assert.equal(whole.choices[0].logprobs.content.length, 10);
  const stream = chatty.chat.completions.stream({ ...asked, stream_options: { include_usage: true } });
  const final = await stream.finalChatCompletion();
  assert.equal(final.choices[0].message.content, whole.choices[0].message.content);
  assert.equal(final.usage.completion_tokens, 10);
});

test("errors are of the client's classes", async () => {
  await assert.rejects(chatty.chat.completions.create({ ...asked, temperature: -1 }), OpenAI.BadRequestError);
  await assert.rejects(chatty.chat.completions.create({ ...asked, model: "gpt-9" }), OpenAI.NotFoundError);
});

test("who goes away in mid-stream may ask again", async () => {
  const stream = await chatty.chat.completions.create({ ...asked, max_tokens: 200, stream: true });
  for await (const _ of stream) break;
  assert.ok((await chatty.chat.completions.create(asked)).choices.length === 1);
});
