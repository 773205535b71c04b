// The first event since a moment: where it is in the log, as the server knows it. No DOM.

/** Why the server did not say, in words. */
export class NotSaid extends Error {}

/**
 * @param {number} ms since 1970
 * @returns {Promise<{epoch: string, from: number, head: number}>} `from` is one past the head where nothing happened since
 */
export async function firstSince(ms, {fetch = globalThis.fetch} = {}) {
  let answer;
  try {
    answer = await fetch(`api/events/?since=${new Date(ms).toISOString()}&limit=1`, {headers: {Accept: 'application/json'}});
  } catch {
    throw new NotSaid('The server did not answer.');
  }
  if (!answer.ok) throw new NotSaid(`The server did not say where that is (${answer.status}).`);
  return answer.json();
}
