// JSON as text: laid out for reading without being parsed into values, so that 9223372036854775808 stays what it is.
// No recursion, no DOM: a payload may be 1,000 levels deep or a megabyte long.

import {count, quoted, visible} from './format.js';

const TOKEN = /\s*(?:("[^"\\]*(?:\\.[^"\\]*)*")|([{}[\],:])|([^\s"{}[\],:]+))/y;
const MARK = /\{\s*"\$mark"\s*:\s*"/y;

const DEEP = 15;     // levels that are told apart by their indentation
const PIECE = 64;    // characters that a piece takes which stands for others

/** @typedef {{kind: 'text'|'key'|'mark'|'more', text: string, rest?: string}} Piece */

/** The text of a member of the object that `line` is, unchanged; null when there is none. */
export const member = (line, name) => members(line).find(([key]) => key === name)?.[1] ?? null;

/** The members of the object that `text` is: names, and the texts of their values. @returns {[string, string][]} */
export function members(text) {
  const found = [];
  let depth = 0, from = -1, key = null, last = null;
  for (const token of tokens(text)) {
    if (depth === 1 && token.text === ':' && from < 0) {
      key = last;
      from = token.end;
    } else if (depth === 1 && (token.text === ',' || token.text === '}') && from >= 0) {
      if (key !== null) found.push([JSON.parse(key), text.slice(from, token.start).trim()]);
      from = -1;
    }
    if (token.text === '{' || token.text === '[') depth += 1;
    else if (token.text === '}' || token.text === ']') depth -= 1;
    last = token.string ? token.text : null;
  }
  return found;
}

/**
 * The text as pieces, indented by two spaces a level. What is over a limit becomes a 'more' piece, which says how much,
 * and whose `rest` is what it stands for.
 * @param {string} text
 * @returns {Piece[]}
 */
export function pretty(text, {characters = 65536, depth: deepest = 50, string: longest = 2048} = {}) {
  const pieces = [];
  const put = (kind, value, rest) => {
    const last = pieces[pieces.length - 1];
    if (kind === 'text' && last?.kind === 'text') last.text += value;
    else pieces.push({kind, text: value, rest});
  };
  let depth = 0, opened = false, skipTo = 0, hidden = 0;    // `hidden` is what pieces stand for, and not what is shown

  for (const token of tokens(text)) {
    const {text: value, start, end} = token;
    if (start < skipTo) continue;
    if (start - hidden >= characters) {
      put('text', '\n');
      put('more', `Show all (${count(text.length)} characters)`, 'all');
      return pieces;
    }
    const closing = value === '}' || value === ']';
    if (opened && !closing) put('text', line(depth));
    const mark = value === '{' && markAt(text, start);
    const whole = value === '{' || value === '[' ? mark || (depth >= deepest && closeOf(text, start)) : null;
    if (mark) put('mark', mark.says);
    else if (whole) put('more', `${value} ${count(whole.end - start)} characters, deeper than ${deepest} levels`, text.slice(start, whole.end));
    else if (token.string) hidden += putString(put, value, isKey(text, end), longest);
    else if (value === '{' || value === '[') put('text', value);
    else if (closing) put('text', opened ? value : line(depth - 1) + value);
    else if (value === ',') put('text', `,${line(depth)}`);
    else put('text', value === ':' ? ': ' : visible(value));
    if (whole) hidden += Math.max(0, whole.end - start - PIECE);
    if (whole) skipTo = whole.end;
    else if (closing) depth = Math.max(0, depth - 1);
    else if (value === '{' || value === '[') depth += 1;
    opened = !whole && (value === '{' || value === '[');
  }
  return pieces;
}

/** @returns {number} how many characters of it are not shown yet */
function putString(put, token, key, longest) {
  let text = null;
  try {
    text = JSON.parse(token);
  } catch {
    put('text', visible(token));
  }
  if (text === null) return 0;
  const more = key ? 0 : Math.max(0, text.length - longest);
  if (!more) put(key ? 'key' : 'text', quoted(text));
  else put('text', quoted(text.slice(0, longest)).slice(0, -1));
  if (more) put('more', `… ${count(more)} more characters`, quoted(text.slice(longest)).slice(1));
  return more;
}

/** @returns {Generator<{text: string, start: number, end: number, string: boolean}>} */
export function* tokens(text) {
  TOKEN.lastIndex = 0;
  for (let at = 0; at < text.length;) {
    TOKEN.lastIndex = at;
    const found = TOKEN.exec(text);
    // An unfinished string, or space at the end: the rest as it is.
    const value = found ? found[1] ?? found[2] ?? found[3] : text.slice(at).trim();
    if (!value) return;
    const end = found ? TOKEN.lastIndex : text.length;
    yield {text: value, start: end - value.length, end, string: found?.[1] !== undefined};
    at = end;
  }
}

/** A new line. Deeper ones stand as far in as those, or they would be too short for what is in them. */
const line = (depth) => `\n${'  '.repeat(Math.max(0, Math.min(depth, DEEP)))}`;

const isKey = (text, end) => /\s*:/y.test(text.slice(end, end + 16));

/** Where the object or array that opens at `start` ends. */
export function closeOf(text, start) {
  let depth = 0;
  const quote = /["{}[\]]/g;
  quote.lastIndex = start;
  for (let found = quote.exec(text); found; found = quote.exec(text)) {
    if (found[0] === '"') {
      TOKEN.lastIndex = found.index;
      if (!TOKEN.exec(text)) break;
      quote.lastIndex = TOKEN.lastIndex;
      continue;
    }
    depth += found[0] === '{' || found[0] === '[' ? 1 : -1;
    if (!depth) return {end: found.index + 1};
  }
  return {end: text.length};
}

/** What the server put in place of a value: {"$mark": "too-large", "bytes": 123456} says "too-large, bytes 123,456". */
export function markAt(text, start) {
  MARK.lastIndex = start;
  if (!MARK.test(text)) return null;
  const {end} = closeOf(text, start);
  try {
    const {$mark, ...facts} = JSON.parse(text.slice(start, end));
    const says = Object.entries(facts).map(([key, value]) => `${key} ${typeof value === 'number' ? count(value) : value}`);
    return {says: visible([$mark, ...says].join(', ')), end};
  } catch {
    return null;
  }
}
