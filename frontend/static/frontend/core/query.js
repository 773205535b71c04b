// The filter line: text in, a predicate out. It never throws, and makes no pattern of what it is given. No DOM.
//
//   type:order_* -sender:Cart error:yes slow:>50ms refund "paid in full" since:12:14 mark:Nora
//
// Terms are joined by and, several of one name by or; a minus leaves out. Text is looked for in the line as it is
// displayed; a name fits the whole, or the part after its first dot, and * stands for anything. Case is nowhere told.
// What the receivers did is looked for in what was told of it: before that, an event has neither failed nor not.

import {moment} from './moment.js';
import {FIELDS, KEYS, Wrong, contains, short} from './terms.js';

export {short} from './terms.js';

export const LONGEST = 1000;    // characters of a filter; as many as an address carries everywhere
const LONG_NAME = 200;
const TERM = /(-?)(?:([a-z]+):)?(?:"((?:\\"|[^"])*)("?)|([^\s"]*))/iy;
const SPACE = /\s*/y;

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

  /** The value that it wants of a field; null if it wants none, or several. */
  value(key) {
    const found = this.terms.filter((term) => term.key === key && !term.not);
    return found.length === 1 ? found[0].value : null;
  }

  /** The text that wants this of a field, and nothing else of it. */
  with(key, value) {
    return join(this.without(key), `${key}:${written(value)}`);
  }

  /** The text that says nothing of a field. */
  without(key) {
    return this.#without((term) => term.key === key);
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

function* termsOf(text) {
  for (let at = 0; ;) {
    SPACE.lastIndex = at;
    SPACE.exec(text);
    const start = SPACE.lastIndex;
    if (start === text.length) return;
    TERM.lastIndex = start;
    const [whole, minus, field, inside, close, bare] = TERM.exec(text);
    at = start + whole.length;
    const called = field?.toLowerCase() ?? '', key = KEYS.get(called) ?? called, value = inside?.replaceAll('\\"', '"') ?? bare;
    if (close === '') throw new Wrong('The quotation mark is not closed.');
    if (key && !FIELDS.has(key)) throw new Wrong(`Nothing is called “${field}”, only ${[...FIELDS.keys()].join(', ').replace(/, (\w+)$/, ' and $1')}. Text with a colon wants quotation marks.`);
    if (!value) throw new Wrong(key ? `“${field}:” wants ${FIELDS.get(key).wants ?? 'a name'} after it.` : 'There is nothing to look for.');
    yield {not: minus !== '', key, value, start, end: at, test: key ? FIELDS.get(key).find(value) : contains(value)};
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

const names = ({key, value}, type) => key === 'type' && [written(type), written(short(type))].includes(written(value));
const join = (rest, term) => `${rest} ${term}`.trim();

/** A name as a term takes it: what a field cannot hold is left open, what would end the term is quoted. */
function written(name) {
  const kept = name.slice(0, LONG_NAME).replace(/[\p{Cc}\p{Cs}\u2028\u2029]+/gu, '*') + (name.length > LONG_NAME ? '*' : '');
  return /[\s"]/.test(kept) || !kept ? `"${kept.replace(/\\$/, '*').replaceAll('"', '\\"')}"` : kept;
}
