// Drawings as files: what `h` makes of elements, written as SVG with the colours of the page in it.

/** A text within XML or HTML: characters that stand for something else there are written as names. @param {string} text */
export const escape = (text) => text.replace(/[&<>"]/g, (sign) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[sign] ?? sign);

/** Attributes that mean something on a page only. */
const isPages = (/** @type {string} */ name) => /^(children|key|ref|style|class|id|role|tabIndex|data-.*|aria-.*|on[A-Z].*)$/.test(name);

/**
 * A drawing as SVG's text. `var(--name)` becomes the colour that stands for it; what belongs to the page (classes, roles, handlers) is
 * left out, but for the ids within `defs`.
 *
 * @param {import("preact").ComponentChildren} drawing of elements alone, without components
 * @param {(name: string) => string} colour of a name such as `--ink`
 * @returns {string}
 */
export function written(drawing, colour) {
  if (Array.isArray(drawing)) return drawing.map((part) => written(part, colour)).join("");
  if (drawing === null || drawing === undefined || typeof drawing === "boolean") return "";
  if (typeof drawing !== "object") return escape(String(drawing));
  const { type, props } = /** @type {import("preact").VNode<any>} */ (drawing);
  const given = Object.entries(props).filter(([name, value]) => value != null && value !== false && (!isPages(name) || (name === "id" && type === "pattern")));
  const attributes = given.map(([name, value]) => ` ${name}="${escape(String(value).replace(/var\((--[\w-]+)\)/g, (_, found) => colour(found)))}"`).join("");
  const inside = written(props.children, colour);
  return inside ? `<${type}${attributes}>${inside}</${type}>` : `<${type}${attributes}/>`;
}

/** The page's colours as they are now. @returns {(name: string) => string} */
export function pageColours() {
  const style = getComputedStyle(document.documentElement);
  return (name) => style.getPropertyValue(name).trim() || "none";
}

/** A drawing as a picture. @param {string} svg with its width and height @param {{width: number, height: number, scale?: number}} size @returns {Promise<Blob>} */
export async function png(svg, { width, height, scale = 2 }) {
  const address = URL.createObjectURL(new Blob([svg], { type: "image/svg+xml" }));
  try {
    const image = new Image();
    image.src = address;
    await image.decode();
    const canvas = Object.assign(document.createElement("canvas"), { width: Math.ceil(width * scale), height: Math.ceil(height * scale) });
    canvas.getContext("2d")?.drawImage(image, 0, 0, canvas.width, canvas.height);
    return await new Promise((done, failed) => canvas.toBlob((blob) => (blob ? done(blob) : failed(new Error("the browser could not make a picture of this size"))), "image/png"));
  } finally {
    URL.revokeObjectURL(address);
  }
}
