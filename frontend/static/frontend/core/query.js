// The filter line: text in, a predicate out. It never throws, and makes no pattern of what it is given. No DOM.
//
//   type:order_* -sender:Cart refund "paid in full" since:12:14 mark:Nora
//
// Terms are joined by and, several of one name by or; a minus leaves out. Text is looked for in the line as it is
// displayed; a name fits the whole, or the part after its first dot, and * stands for anything. Case is nowhere told.

import {moment} from './moment.js';
import {read} from './store.js';

const LONGEST = 1000;    // characters of a filter; as many as an address carries everywhere
const LONG_NAME = 200;
const TERM = /(-?)(?:([a-z]+):)?(?:"((?:\\"|[^"])*)("?)|([^\s"]*))/iy;
const SPACE = /\s*/y;

const FIELDS = new Map([
  ['type', (value) => named(value, ({type}) => type)],
  ['sender', (value) => named(value, ({sender}) => sender)],
  ['subject', subject],
  ['since', (value) => bound(value, (time, at) => time >= at)],
  ['until', (value) => bound(value, (time, at) => time < at)],
  ['mark', () => () => true],
]);
const MOMENTS = 'a time, as 12:14, 12:14:05 or 2026-11-30T12:14:05Z';

/** @typedef {{not: boolean, key: string, value: string, start: number, end: number, test: Matches}} Term */

export class Query {
  /** What is wrong with it, as a sentence; then it looks for nothing. */
  error = '';
  /** @type {Term[]} */
  terms = [];

  #tests;

  /** @param {string} text */
  constructor(text) {
    this.text = text;
    try {
      if (text.length > LONGEST) throw new Wrong(`A filter has at most ${LONGEST} characters.`);
      this.terms = [...termsOf(text)];
    } catch (wrong) {
      if (!(wrong instanceof Wrong)) throw wrong;
      this.error = wrong.message;
    }
    this.#tests = all(this.terms);
  }

  /** Null where everything matches. @returns {Matches|null} */
  get matches() {
    return this.terms.some(({key, not}) => key !== 'mark' || not) ? (entry) => this.#tests.every((test) => test(entry)) : null;
  }

  /** The texts that it looks for, or only marks: those are shown wherever they stand. */
  get marks() {
    return this.terms.filter(({key, not}) => !not && (!key || key === 'mark')).map(({value}) => value);
  }

  /** From when and until when, in milliseconds; null where all times are let through. @returns {[number, number]|null} */
  get range() {
    const at = (name, otherwise) => this.terms.findLast(({key, not}) => key === name && !not)?.value ?? otherwise;
    const [since, until] = [at('since'), at('until')];
    return since || until ? [since ? moment(since) : -Infinity, until ? moment(until) : Infinity] : null;
  }

  /** The text that shows the events between two moments only; those of all times where they are null. */
  between(since, until) {
    const rest = this.#without(({key, not}) => !not && (key === 'since' || key === 'until'));
    return since === null ? rest : join(join(rest, `since:${since}`), `until:${until}`);
  }

  /** Whether events of this type are let through, as far as their type goes. */
  admits(type) {
    return all(this.terms.filter(({key}) => key === 'type')).every((test) => test({type}));
  }

  /** Whether it shows this type, by name, and no other. */
  isOnly(type) {
    const shown = this.terms.filter(({key, not}) => key === 'type' && !not);
    return shown.length === 1 && names(shown[0], type);
  }

  /** Whether it leaves this type out, by name. */
  isWithout(type) {
    return this.terms.some((term) => term.not && names(term, type));
  }

  /** The text that shows this type only; all types where it does so already. `name` is what the type is called there. */
  only(type, name) {
    const rest = this.#without((term) => term.key === 'type' && (!term.not || names(term, type)));
    return this.isOnly(type) ? rest : join(rest, `type:${written(name)}`);
  }

  /** The text that leaves this type out; or shows it again where it does so already. */
  toggle(type, name) {
    const rest = this.#without((term) => names(term, type));
    return this.isWithout(type) ? rest : join(rest, `-type:${written(name)}`);
  }

  /** The text without these terms. */
  #without(leaves) {
    let text = '', from = 0;
    for (const {start, end} of this.terms.filter(leaves)) {
      text += this.text.slice(from, start);
      from = end;
    }
    return (text + this.text.slice(from)).replace(/\s+/g, ' ').trim();
  }
}

/** The part after the first dot: "order_paid" of "academy.order_paid". */
export const short = (name) => name.slice(name.indexOf('.') + 1);

class Wrong extends Error {}

function* termsOf(text) {
  for (let at = 0; ;) {
    SPACE.lastIndex = at;
    SPACE.exec(text);
    const start = SPACE.lastIndex;
    if (start === text.length) return;
    TERM.lastIndex = start;
    const [whole, minus, field, inside, close, bare] = TERM.exec(text);
    at = start + whole.length;
    const key = field?.toLowerCase() ?? '', value = inside?.replaceAll('\\"', '"') ?? bare;
    if (close === '') throw new Wrong('The quotation mark is not closed.');
    if (key && !FIELDS.has(key)) throw new Wrong(`Nothing is called “${field}”, only type, sender, subject, since, until and mark. Text with a colon wants quotation marks.`);
    if (!value) throw new Wrong(key ? `“${field}:” wants a name after it.` : 'There is nothing to look for.');
    yield {not: minus !== '', key, value, start, end: at, test: (FIELDS.get(key) ?? contains)(value)};
  }
}

/** What all must hold: every text, one of the names of each kind, and nothing that is left out. */
function all(terms) {
  const wanted = new Map(), tests = [];
  for (const {key, not, test} of terms) {
    if (not) tests.push((entry) => !test(entry));
    else if (!key) tests.push(test);
    else if (wanted.has(key)) wanted.get(key).push(test);
    else wanted.set(key, [test]);
  }
  for (const some of wanted.values()) tests.push((entry) => some.some((test) => test(entry)));
  return tests;
}

/** Whether the text stands in the line. The line is JSON in ASCII, people see "ü" and not its escape. */
function contains(text) {
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

/** The subject is kept in the line only, which is read where it may be. */
function subject(value) {
  const fits = glob(value), likely = pattern(value.split('*').sort((a, b) => b.length - a.length)[0]);
  return ({line}) => likely.test(line) && fits(String(read(line)?.subject ?? ''));
}

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

const names = ({key, value}, type) => key === 'type' && [written(type), written(short(type))].includes(written(value));
const join = (rest, term) => `${rest} ${term}`.trim();

/** A name as a term takes it: what a field cannot hold is left open, what would end the term is quoted. */
function written(name) {
  const kept = name.slice(0, LONG_NAME).replace(/[\p{Cc}\p{Cs}\u2028\u2029]+/gu, '*') + (name.length > LONG_NAME ? '*' : '');
  return /[\s"]/.test(kept) || !kept ? `"${kept.replace(/\\$/, '*').replaceAll('"', '\\"')}"` : kept;
}
