// The payload of an event, laid out for reading. Long strings, deep levels and large payloads open on request.

import {count, visible} from '../core/format.js';
import {pretty} from '../core/jsontext.js';
import {h} from './dom.js';

const FIRST = 65536;       // characters shown before anybody asks for more
const MORE = 262144;       // characters added at a time after that, so that no click freezes the page

/** @param {HTMLElement} pre @param {string} text */
export function showTree(pre, text, characters = FIRST) {
  pre.replaceChildren(...pretty(text, {characters}).map((piece) => {
    if (piece.kind === 'text') return piece.text;
    if (piece.kind === 'key') return h('span', {class: 'json__key'}, piece.text);
    if (piece.kind === 'mark') return h('span', {class: 'json__mark', title: why(piece.text)}, piece.text);
    const all = piece.rest === 'all';
    return more(piece.text, (button) => all ? showTree(pre, text, characters + MORE) : unfold(button, piece.rest));
  }));
}

/** @param {HTMLElement} pre @param {string} text */
export function showRaw(pre, text, characters = FIRST) {
  pre.replaceChildren(visible(text.slice(0, characters)));
  if (text.length > characters) pre.append('\n', more('Show more', () => showRaw(pre, text, characters + MORE)));
}

/** Puts a text in the place of its button, or as much of it as may come at once. */
function unfold(button, text) {
  const end = text.length > MORE && /[\ud800-\udbff]/.test(text[MORE - 1]) ? MORE - 1 : MORE, rest = text.slice(end);
  button.replaceWith(visible(text.slice(0, end)), ...(rest ? [more(`… ${count(rest.length)} more characters`, (next) => unfold(next, rest))] : []));
}

/** @param {string} mark */
function why(mark) {
  return mark === 'personal' ? 'Personal data, which you may not view' : 'The server left this value out';
}

function more(text, act) {
  const button = h('button', {class: 'json__more', type: 'button'}, text);
  button.addEventListener('click', () => {
    const around = button.closest('[tabindex]');
    act(button);
    around.focus({preventScroll: true});    // the button went
  }, {once: true});
  return button;
}
