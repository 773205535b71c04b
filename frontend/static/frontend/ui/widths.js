// How wide the columns must be whose text is never cut: as wide as such text is with the reader's own font and spacing.

import {byId, h} from './dom.js';

const WIDEST = new Map([['time', '00-00 00:00:00'], ['recv', '9 of 9 failed']]);

/** Tells the styles, as `--w-time` and `--w-recv`, and again whenever it changes. */
export function measureColumns() {
  const list = byId('list');
  for (const [name, text] of WIDEST) {
    const bars = name === 'recv' ? [h('i', {class: 'pips'})] : [];
    const probe = h('span', {class: `width width--${name}`, 'aria-hidden': 'true'}, ...bars, h('b', {}, text));
    list.append(probe);
    new ResizeObserver(() => list.style.setProperty(`--w-${name}`, `${Math.ceil(probe.offsetWidth)}px`)).observe(probe);
  }
}
