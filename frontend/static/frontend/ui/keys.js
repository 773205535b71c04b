// The keyboard. Keys act on the page only while no dialog is open, no text field has the focus and no modifier is down.

import {takesText} from './dom.js';

/** Every key, in the order in which the help lists them: `act` names what the page does, with `by` as its argument. */
export const KEYS = [
  {keys: [' '], says: 'Pause, or follow again', act: 'pause'},
  {keys: ['l'], says: 'Show the newest', act: 'live'},
  {keys: ['j', 'ArrowDown'], says: 'Next event', act: 'move', by: 1},
  {keys: ['k', 'ArrowUp'], says: 'Previous event', act: 'move', by: -1},
  {keys: ['PageDown'], says: 'A page further down', act: 'move', by: 'page'},
  {keys: ['PageUp'], says: 'A page further up', act: 'move', by: '-page'},
  {keys: ['Home'], says: 'First event of the list', act: 'move', by: 'newest'},
  {keys: ['End'], says: 'Last event of the list', act: 'move', by: 'oldest'},
  {keys: ['Enter'], says: 'Open the event', act: 'open'},
  {keys: ['Escape'], says: 'Close, leave, follow', act: 'escape'},
  {keys: ['c'], says: 'Copy as JSON', act: 'copy', by: 'event'},
  {keys: ['/'], says: 'Filter', act: 'find'},
  {keys: ['t'], says: 'Types', act: 'types'},
  {keys: ['e'], says: 'Failed only', act: 'failed'},
  {keys: ['p'], says: 'Copy a link', act: 'copy', by: 'link'},
  {keys: ['b'], says: 'Pin, or unpin', act: 'pin'},
  {keys: ['g'], says: 'Go to a time or position', act: 'go'},
  {keys: ['r'], says: 'Show a range of time', act: 'range'},
  {keys: ['v'], says: 'View: rows and columns', act: 'view'},
  {keys: ['x'], says: 'Export what is shown', act: 'export'},
  {keys: ['d'], says: 'Change the theme', act: 'theme'},
  {keys: ['?'], says: 'This help', act: 'help'},
];

const NAMES = new Map([[' ', 'Space'], ['ArrowDown', '↓'], ['ArrowUp', '↑'], ['PageDown', 'PgDn'], ['PageUp', 'PgUp'], ['Escape', 'Esc']]);
const BY_KEY = new Map(KEYS.flatMap((binding) => binding.keys.map((key) => [key, binding])));

/** Elements that use Space, Enter and the arrows themselves. */
const OPERATED = 'button, a, summary, [role=separator]';
const SCROLLED = '.detail__body, .json, .code__text';

/** What is printed on the key. */
export const nameOf = (key) => NAMES.get(key) ?? (key.length === 1 ? key.toUpperCase() : key);

/** @param {Record<string, (by?: any) => void>} page an act by each name of KEYS @param {() => boolean} single whether single keys act */
export function listenToKeys(page, single) {
  document.addEventListener('keydown', (event) => {
    // A field of a dialog that has just closed has the focus until the next frame.
    const target = event.target.closest?.('dialog') ? document.body : event.target;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const binding = BY_KEY.get(key);
    if (!binding || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || document.querySelector('dialog[open]')) return;
    if (key !== 'Escape') {
      if (takesText(target) || (key.length === 1 && !single())) return;
      const named = key.length > 1 || key === ' ';
      if (named && (target.closest?.(OPERATED) || (key !== ' ' && target.closest?.(SCROLLED)))) return;
    }
    event.preventDefault();
    page[binding.act](binding.by);
  });
}
