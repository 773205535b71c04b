// What a term of the filter finds: a test of an entry for each field, and for text. What is wrong with it is thrown. No DOM.

import {moment} from './moment.js';
import {TOLD, listenersOf, readReactions} from './reactions.js';
import {read} from './store.js';

/** Why a term finds nothing, as a sentence. */
export class Wrong extends Error {}

/** What one would try, and what it is called. */
export const KEYS = new Map([['failed', 'error'], ['slower', 'slow']]);

const DURATION = /^(>=?|<=?)?(\d+(?:\.\d+)?)(ms|s)?$/i;
const MOMENTS = 'a time, as 12:14, 12:14:05 or 2026-11-30T12:14:05Z';
const KNOWN = new Map([['yes', true], ['no', false]]);

/** @type {Map<string, {find: (value: string) => Matches, wants?: string}>} */
export const FIELDS = new Map([
  ['type', {find: (value) => named(value, ({type}) => type)}],
  ['sender', {find: (value) => named(value, ({sender}) => sender)}],
  ['subject', {find: (value) => attribute(value, ({subject}, fits) => fits(subject))}],
  ['receiver', {find: receiver}],
  ['error', {find: failed, wants: 'yes or no'}],
  ['slow', {find: slow, wants: 'a time'}],
  ['origin', {find: (value) => attribute(value, ({origin}, fits) => fits(origin) || fits(String(origin ?? '').split(' ', 1)[0]))}],
  ['cause', {find: (value) => attribute(value, (event, fits) => ['id', 'causationid', 'correlationid'].some((key) => fits(event[key]))), wants: 'an id'}],
  ['since', {find: (value) => bound(value, (time, at) => time >= at)}],
  ['until', {find: (value) => bound(value, (time, at) => time < at)}],
  ['mark', {find: () => () => true}],
]);

/** The part after the first dot: "order_paid" of "academy.order_paid". */
export const short = (name) => name.slice(name.indexOf('.') + 1);

/** Whether the text stands in the line. The line is JSON in ASCII, people see "ü" and not its escape. */
export function contains(text) {
  const escaped = pattern(text);
  return ({line}) => escaped.test(line);
}

function bound(value, holds) {
  const at = moment(value);
  if (Number.isNaN(at)) throw new Wrong(`“${value}” is not ${MOMENTS}.`);
  return ({time}) => holds(time, at);
}

function named(value, name) {
  const fits = glob(value);
  return (entry) => fits(name(entry));
}

/** What is kept in the line only, which is read where it may be. */
function attribute(value, test) {
  const fits = glob(value), likely = likelyFor(value);
  return ({line}) => {
    const event = likely.test(line) ? read(line) : null;
    return event !== null && test(event, (value) => fits(String(value ?? '')));
  };
}

/** A receiver fits by its whole path, its end or its beginning: "academy.receivers.enroll", "enroll", "academy". */
function receiver(value) {
  const fits = glob(value), likely = likelyFor(value);
  const part = (path) => {
    const parts = path.split('.');
    return parts.some((_, i) => fits(parts.slice(0, i + 1).join('.')) || fits(parts.slice(i).join('.')));
  };
  return ({told, reactions}) => told === TOLD && likely.test(reactions) && listenersOf(readReactions(reactions)).some((one) => part(one.receiver));
}

function failed(value) {
  const wanted = KNOWN.get(value.toLowerCase());
  if (wanted === undefined) throw new Wrong('“error:” is yes or no.');
  return ({told, nerr}) => told === TOLD && nerr > 0 === wanted;
}

function slow(value) {
  const [, sign = '>', number, unit = 'ms'] = DURATION.exec(value) ?? [];
  if (number === undefined) throw new Wrong('“slow:” wants a time after it, as in slow:>50ms or slow:<1.5s.');
  const limit = Number(number) * (unit.toLowerCase() === 's' ? 1000 : 1);
  const tests = {'>': (ms) => ms > limit, '>=': (ms) => ms >= limit, '<': (ms) => ms < limit, '<=': (ms) => ms <= limit};
  return ({told, nrec, slow: ms}) => told === TOLD && nrec > 0 && tests[sign](ms);
}

const likelyFor = (value) => pattern(value.split('*').sort((a, b) => b.length - a.length)[0]);

/** Whether a name, or the part after its first dot, is this one; * stands for any characters. */
function glob(value) {
  const [head, ...rest] = value.toLowerCase().split('*');
  const tail = rest.pop();
  const fits = (name) => {
    if (tail === undefined) return name === head;
    if (!name.startsWith(head)) return false;
    let from = head.length;
    for (const part of rest) {
      const at = name.indexOf(part, from);
      if (at < 0) return false;
      from = at + part.length;
    }
    return from + tail.length <= name.length && name.endsWith(tail);
  };
  return (given) => {
    const name = given.toLowerCase();
    return name !== '' && (fits(name) || fits(short(name)));
  };
}

/** The text as a pattern that means nothing but itself, in either case, as JSON or as it is displayed. */
function pattern(text) {
  let source = '', last = '';
  for (const unit of text.match(/\\+|[^]/g) ?? []) {
    if (unit[0] === '\\') source += `\\\\{${unit.length},${2 * unit.length}}`;    // JSON doubles each
    else if (unit === '"') source += '\\\\?"';
    else if (unit === ' ' && (last === ':' || last === ',')) source += ' ?';    // displayed with a space, sent without
    else if (unit < ' ' || unit > '~') source += `(?:${[unit, ...cases(unit).map((one) => `\\\\u${hex(one)}`)].join('|')})`;
    else source += unit.replace(/[$^.*+?()[\]{}|/]/, '\\$&');
    last = unit;
  }
  return new RegExp(source, 'i');
}

const cases = (unit) => [...new Set([unit, unit.toLowerCase(), unit.toUpperCase()])].filter((one) => one.length === 1);
const hex = (unit) => unit.charCodeAt(0).toString(16).padStart(4, '0');
