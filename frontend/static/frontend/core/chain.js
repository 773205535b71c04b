// The events that one thing set off, as a tree: which was sent in a receiver of which, when, and for how long. No DOM.

const DEEPEST = 8;    // levels that are told apart

/**
 * @typedef {object} Link one event of a chain
 * @property {string} id
 * @property {string} cause the id of the event in whose receiver it was sent
 * @property {string} type
 * @property {string} origin
 * @property {string} sentfrom
 * @property {number} time ms since 1970
 * @property {number} position NaN for a ghost
 * @property {number} ms for which its receivers ran; NaN if not known
 * @property {boolean} failed
 */

/** @param {Record<string, any>} event a parsed CloudEvent @param {{ms: number, failed: number}|null} sum of its receivers @returns {Link} */
export function linkOf(event, sum) {
  const text = (value) => (typeof value === 'string' ? value : '');
  return {
    id: text(event.id), cause: text(event.causationid), type: text(event.type), origin: text(event.origin), sentfrom: text(event.sentfrom),
    time: Date.parse(event.time), position: Number(event.sequence ?? NaN), ms: sum ? sum.ms : NaN, failed: Boolean(sum?.failed),
  };
}

/**
 * The chain from its beginning, each event after the one that caused it. What the cause of is not here, stands at the top.
 * @param {Link[]} links
 * @returns {{rows: {link: Link, depth: number, from: number}[], ms: number, origin: string, isWhole: boolean}} `from` and `ms` count from the first
 */
export function treeOf(links) {
  const byId = new Map(links.map((link) => [link.id, link]));
  const ordered = [...byId.values()].sort((a, b) => (a.time - b.time) || (a.position - b.position) || 0);
  const children = new Map();
  for (const link of ordered) {
    const parent = byId.has(link.cause) && link.cause !== link.id ? link.cause : '';
    children.set(parent, [...(children.get(parent) ?? []), link]);
  }
  const start = Math.min(...ordered.map(({time}) => time).filter(Number.isFinite));
  const rows = [], seen = new Set();
  const visit = (parent, depth) => {
    for (const link of children.get(parent) ?? []) {
      if (seen.has(link.id)) continue;
      seen.add(link.id);
      rows.push({link, depth: Math.min(depth, DEEPEST), from: Number.isNaN(link.time) ? 0 : link.time - start});
      visit(link.id, depth + 1);
    }
  };
  visit('', 0);
  for (const {id, cause} of ordered) if (!seen.has(id)) visit(cause, 0);    // causes that go round in a circle
  const end = Math.max(...rows.map(({link, from}) => from + (link.ms || 0)), 0);
  return {rows, ms: end, origin: rows[0]?.link.origin ?? '', isWhole: rows.every(({link}) => !link.cause || byId.has(link.cause))};
}

/** "POST /orders/12/pay" of "web POST /orders/12/pay"; the other kinds are told by their names. */
export const nameOfOrigin = (origin) => origin.replace(/^web /, '');
