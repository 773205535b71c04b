// One thing that the reader keeps beside the list: a button that leads to it, and one that takes it away.

import {byId, h, icon} from './dom.js';

/** @param {{title: string, name: string, lead: () => void, drop: () => void, hue?: number}} parts @param {...HTMLElement} children */
export function keepsake({title, name, lead, drop, hue}, ...children) {
  const open = h('button', {class: 'pin__open', type: 'button', title}, ...children);
  const away = h('button', {class: 'btn btn--icon btn--tiny', type: 'button', 'aria-label': name, title: name}, icon('i-close'));
  const element = h('li', {class: 'pin', 'data-hue': hue}, open, away);
  open.addEventListener('click', lead);
  away.addEventListener('click', () => {
    const list = element.parentElement, at = [...list.children].indexOf(element);
    drop();
    (list.children[at] ?? list.lastElementChild ?? byId('types')).querySelector('button')?.focus();    // it went with the focus
  });
  return element;
}
