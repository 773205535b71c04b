// JSON as its leaves: what each path leads to, as text, to the digit; and what differs between two. No recursion, no DOM.

import {tokens} from './jsontext.js';

const MOST = 5000;    // leaves that are looked at

/** @returns {Map<string, string>} `order.items[0].amount`, and the text of the value; an empty object or array is one too */
export function leaves(text) {
  const found = new Map(), path = [];    // of keys, and of places in arrays
  let key = null, opened = '';
  for (const {text: piece, string} of tokens(text)) {
    const top = path.at(-1);
    if (found.size >= MOST) break;
    if (piece === '{' || piece === '[') {
      path.push(piece === '[' ? 0 : null);
      opened = piece;
      continue;
    }
    if (piece === '}' || piece === ']') {
      path.pop();
      if (opened) found.set(name(path), opened + piece);
    } else if (piece === ',') {
      if (typeof top === 'number') path[path.length - 1] += 1;
      else path[path.length - 1] = null;
    } else if (string && top === null && path.length) {
      key = piece;
      path[path.length - 1] = spelled(key);
    } else if (piece !== ':') {
      found.set(name(path), piece);
    }
    opened = '';
  }
  return found;
}

/** @returns {{same: number, changes: {path: string, before: string|null, after: string|null}[]}} null where it is missing */
export function difference(before, after) {
  const [old, now] = [leaves(before), leaves(after)];
  const changes = [];
  let same = 0;
  for (const path of new Set([...old.keys(), ...now.keys()])) {
    const [was, is] = [old.get(path) ?? null, now.get(path) ?? null];
    if (was === is) same += 1;
    else changes.push({path, before: was, after: is});
  }
  return {same, changes};
}

const spelled = (key) => {
  try {
    return JSON.parse(key);
  } catch {
    return key;
  }
};

const name = (path) => path.map((part, i) => typeof part === 'number' ? `[${part}]` : `${i ? '.' : ''}${part ?? ''}`).join('');
