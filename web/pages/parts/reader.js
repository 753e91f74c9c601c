// What the reader does with the page: points at something for a while, or writes.

/**
 * A pointer that rests: what it is on counts after a while, so that a pointer that only passes by changes nothing.
 *
 * @template T @param {{value: T | null}} pointed takes what it is on @param {number} rest milliseconds
 * @returns {{point: (at: T | null) => void, drop: () => void}} `point` tells what it is on, null for nothing; `drop` forgets what it had come to
 */
export function resting(pointed, rest) {
  let timer = 0;
  return {
    point: (at) => {
      clearTimeout(timer);
      timer = Number(setTimeout(() => (pointed.value = at), rest));
    },
    drop: () => clearTimeout(timer),
  };
}

/** Whether letters go into something, such as a box of text. @param {EventTarget | null} target */
export function takesText(target) {
  if (!(target instanceof HTMLElement)) return false;
  return target.isContentEditable || ["TEXTAREA", "SELECT"].includes(target.tagName) || (target instanceof HTMLInputElement && !["checkbox", "radio", "button", "range"].includes(target.type));
}
