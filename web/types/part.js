// Of a server's /openapi.json the types that the pages name, and those that they are made of: all others would be read by nobody. The names
// of decoding options become a type of their own, `OptionName`.
//
//   node part.js openapi.json shapes.js
import { readFileSync } from "node:fs";

const [, , document_, pages] = process.argv;
const document = JSON.parse(readFileSync(String(document_), "utf8"));
const schemas = document.components.schemas;

/** Types that are named, and that these name in turn. @type {Set<string>} */
const wanted = new Set();
/** @param {string} name */
const want = (name) => {
  if (wanted.has(name) || !schemas[name]) return;
  wanted.add(name);
  for (const [, other] of JSON.stringify(schemas[name]).matchAll(/#\/components\/schemas\/([^"]+)/g)) want(String(other));
};
for (const [, name] of readFileSync(String(pages), "utf8").matchAll(/Schemas\["(\w+)"\]/g)) want(String(name));

const kept = Object.fromEntries(Object.entries(schemas).filter(([name]) => wanted.has(name)));
// An option is a field of a generating body whose type has its name.
const fields = Object.entries(schemas.GenerateRequest.properties);
const options = fields.flatMap(([name, { $ref }]) => ($ref === `#/components/schemas/${name}` ? [name] : []));
console.log(JSON.stringify({ ...document, paths: {}, components: { schemas: { ...kept, OptionName: { enum: options } } } }));
