// Values of options as they are shown.

/** As many characters as a value is shown with. */
const SHOWN = 60;

/** A text cut to what is shown. @param {string} text */
export const short = (text) => (text.length > SHOWN ? `${text.slice(0, SHOWN - 1)}…` : text);

/** A value as JSON has it, short. @param {unknown} value */
export const written = (value) => (value === null || value === undefined ? "–" : short(JSON.stringify(value)));
