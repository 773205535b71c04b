// What an event will look like, where there is none yet: a row as in the list, of an event that never was.

import {Store} from '../core/store.js';
import {byId, h} from './dom.js';
import {Row} from './row.js';

const RECEIVERS = [['ok', 18.4], ['ok', 6.2], ['raised', 48.7], ['ok', 11.3]];

/** @param {{type: string}[]} signals @param {(type: string) => number} hue */
export function drawSample(signals, hue) {
  const [{type} = {type: 'shop.order_paid'}] = signals;
  const summary = type.endsWith('.order_paid') ? 'order 4821: Nora Lindqvist, Typography I, 129.00' : 'what it was about, in a line';
  const store = new Store({capacity: 1});
  store.push(JSON.stringify({type, summary, sender: type.endsWith('.order_paid') ? 'shop.Order' : '', sequence: '1', time: new Date().toISOString()}));
  const reactions = RECEIVERS.map(([outcome, ms], i) => ({receiver: `receiver ${i}`, order: i + 1, outcome, ms}));
  store.update(JSON.stringify({pos: 1, method: 'send', ms: 84.6, reactions}));
  const row = new Row(hue);
  row.show(store, 0);
  for (const each of [row.element, ...row.element.querySelectorAll('[role], [tabindex]')]) {
    each.removeAttribute('role');
    each.removeAttribute('tabindex');
  }
  row.element.querySelector('.row__acts').remove();
  row.element.hidden = false;
  const heads = [...document.querySelectorAll('.row--head > *')].map((head) => h('span', {class: head.className}, head.textContent));
  byId('sample').append(h('div', {class: 'row row--head'}, ...heads), row.element);
}
