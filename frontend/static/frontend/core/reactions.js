// What the receivers of an event did: a line of a reactions frame as a value, and what it comes to. No DOM, no store.

export const UNTOLD = 0;     // nothing was told of them yet
export const TOLD = 1;
export const UNKNOWN = 2;    // they ran, and nobody could look

const LISTENED = new Set(['ok', 'raised', 'not_run', 'cancelled']);    // the others were connected, but not for this sender

/**
 * @typedef {object} Reaction
 * @property {string} receiver its dotted path
 * @property {string} source file and line
 * @property {number} order 1 for the first
 * @property {boolean} async
 * @property {number} ms NaN where it did not run
 * @property {string} outcome 'ok', 'raised', 'not_run', 'cancelled' or 'ignored'; others may come
 * @property {string} error type and message, where it raised
 * @property {string} traceback
 * @property {string} why it was ignored
 */
/** @typedef {{pos: number, state: number, method: string, more: number, reactions: Reaction[]}} Told `more` are not listed */

/** @param {string} line @returns {Told|null} null where it cannot be read */
export function readReactions(line) {
  try {
    const {pos, method, unknown, reactions, more} = JSON.parse(line);
    const list = Array.isArray(reactions) ? reactions.filter((one) => one !== null && typeof one === 'object').map(reaction) : [];
    const state = unknown === true ? UNKNOWN : Array.isArray(reactions) ? TOLD : UNTOLD;
    return {pos: Number(pos ?? NaN), state, method: text(method), more: number(more) || 0, reactions: list.sort((a, b) => a.order - b.order)};
  } catch {
    return null;
  }
}

/** What was told twice: of each receiver the later. @param {Told|null} before @param {Told} later @returns {Told} */
export function merge(before, later) {
  if (!before || before.state !== TOLD || later.state !== TOLD) return later;
  const by = new Map([...before.reactions, ...later.reactions].map((one) => [keyOf(one), one]));
  return {...later, reactions: [...by.values()].sort((a, b) => a.order - b.order)};
}

/** How many listened, how many of them raised, and how long the sender waited for them all. @param {Told} told */
export function sumOf(told) {
  const listened = listenersOf(told), starts = startsOf(told);
  return {
    listened: listened.length,
    failed: listened.filter(({outcome}) => outcome === 'raised').length,
    ok: listened.filter(({outcome}) => outcome === 'ok').length,
    ms: Math.max(0, ...told.reactions.map(({ms}, i) => starts[i] + (ms || 0))),
  };
}

/** Those that were to run. @param {Told} told */
export const listenersOf = ({reactions}) => reactions.filter(({outcome}) => LISTENED.has(outcome));

/**
 * When each began, in ms after the signal was sent: one after the other, but coroutines together; with `send` after
 * all the others, with `asend` beside them.
 * @param {Told} told @returns {number[]} by their place in `reactions`
 */
export function startsOf({method, reactions}) {
  const beside = method.startsWith('a');
  let clock = 0;
  const starts = reactions.map((one) => {
    const start = clock;
    if (!one.async) clock += one.ms || 0;
    return start;
  });
  return starts.map((start, i) => (reactions[i].async ? (beside ? 0 : clock) : start));
}

/** Tells the receivers of one event apart: one may be connected twice. */
export const keyOf = ({receiver, source, order}) => `${order} ${source} ${receiver}`;

/** "enroll_student" of "academy.receivers.enroll_student". */
export const lastOf = (receiver) => receiver.slice(receiver.lastIndexOf('.') + 1) || receiver;

function reaction(one, place) {
  return {
    receiver: text(one.receiver), source: text(one.source), order: number(one.order) || place + 1, async: one.async === true, ms: number(one.ms),
    outcome: text(one.outcome), error: text(one.error), traceback: text(one.traceback), why: text(one.why),
  };
}

const text = (value) => (value === undefined || value === null ? '' : typeof value === 'string' ? value : JSON.stringify(value));
const number = (value) => (typeof value === 'number' && value >= 0 ? value : NaN);
