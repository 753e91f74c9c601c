// Files that the reader takes along.

/** Has the browser save a text or a picture as a file. @param {string} name @param {string | Blob} content @param {string} type */
export function download(name, content, type) {
  const address = URL.createObjectURL(content instanceof Blob ? content : new Blob([content], { type }));
  const link = Object.assign(document.createElement("a"), { href: address, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 1000);
}
