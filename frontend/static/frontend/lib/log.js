// The log over HTTP: what the websocket does not carry to a page of history, or to an event that is looked at alone.

/**
 * A page of events, parsed, with what was told of their receivers: one line of JSON for each.
 * @param {string} api the address below which the server answers, as "/api/"
 * @param {Record<string, string|number>} query as docs/protocol.md says
 * @returns {Promise<{events: Record<string, any>[], reactions: string[], whole: boolean}>} `whole` is false where a chain is longer; rejected where there is no answer that can be read
 */
export async function readEvents(api, query, {fetch = globalThis.fetch} = {}) {
  const answer = await fetch(`${api}events/?${new URLSearchParams({...query, reactions: '1'})}`, {headers: {Accept: 'application/json'}});
  if (!answer.ok) throw new Error(`The server answered ${answer.status}.`);
  const {events, reactions, whole} = await answer.json();
  return {
    whole: whole !== false,
    events: Array.isArray(events) ? events : [],
    reactions: (Array.isArray(reactions) ? reactions : []).map((line) => (typeof line === 'string' ? line : JSON.stringify(line))),
  };
}
