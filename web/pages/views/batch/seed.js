// A seed for each row, as `beamline batch` makes it: of the run's seed and the row's key, or its number where it has none.

/** Whether this page can make seeds: browsers give SHA-256 to pages that came over https, or from this machine, alone. */
export const makesSeeds = () => globalThis.crypto?.subtle !== undefined;

/**
 * The first 53 bits of the SHA-256 of three lines (docs/batch.md).
 *
 * @param {number | string} seed the run's, as digits where it has more than 53 bits @param {string | null} key @param {number} number from 0
 * @returns {Promise<number>}
 */
export async function rowSeed(seed, key, number) {
  const text = `beamline batch 1\n${seed}\n${key === null ? `row ${number}` : `key ${key}`}`;
  const digest = new DataView(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
  return Number(digest.getBigUint64(0) >> 11n);
}
