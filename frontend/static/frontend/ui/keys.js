// The keyboard. Keys act on the page only while no dialog is open, no text field has the focus and no modifier is down.

import {takesText} from './dom.js';

/** What the page does, and with what, by the key; the help in dashboard.html lists them. */
const ACTS = new Map([
  [' ', ['pause']], ['l', ['live']], ['j', ['move', 1]], ['ArrowDown', ['move', 1]], ['k', ['move', -1]],
  ['ArrowUp', ['move', -1]], ['PageDown', ['move', 'page']], ['PageUp', ['move', '-page']],
  ['Home', ['move', 'newest']], ['End', ['move', 'oldest']], ['Enter', ['open']], ['Escape', ['escape']],
  ['c', ['copy', 'event']], ['/', ['find']], ['t', ['types']], ['e', ['failed']], ['p', ['copy', 'link']],
  ['b', ['pin']], ['g', ['go']], ['r', ['range']], ['v', ['view']], ['x', ['export']], ['d', ['theme']],
  ['?', ['help']],
]);

/** Elements that use Space, Enter and the arrows themselves. */
const OPERATED = 'button, a, summary, [role=separator]';
const SCROLLED = '.detail__body, .json, .code__text';

/** @param {Record<string, (by?: any) => void>} page an act by each name of ACTS @param {() => boolean} single whether single keys act */
export function listenToKeys(page, single) {
  document.addEventListener('keydown', (event) => {
    // A field of a dialog that has just closed has the focus until the next frame.
    const target = event.target.closest?.('dialog') ? document.body : event.target;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const [act, by] = ACTS.get(key) ?? [];
    if (!act || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || document.querySelector('dialog[open]')) return;
    if (key !== 'Escape') {
      if (takesText(target) || (key.length === 1 && !single())) return;
      const named = key.length > 1 || key === ' ';
      if (named && (target.closest?.(OPERATED) || (key !== ' ' && target.closest?.(SCROLLED)))) return;
    }
    event.preventDefault();
    page[act](by);
  });
}
