// A bar on an axis that others share: where it begins and how long it is, as parts of the whole.

import {h} from './dom.js';

/** @param {number} from @param {number} length @param {number} whole @param {string|null} tone 'bad', 'here' or none */
export function barOf(from, length, whole, tone) {
  const fill = h('i', {class: 'bar__fill', 'data-tone': tone});
  const part = (ms) => `${(whole > 0 ? Math.min(100, Math.max(0, ms / whole * 100)) : 0).toFixed(1)}%`;
  fill.style.setProperty('--from', part(from));
  fill.style.setProperty('--len', part(Math.min(length || 0, whole - from)));
  return h('span', {class: 'bar', 'aria-hidden': 'true'}, fill);
}
