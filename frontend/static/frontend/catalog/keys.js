// The keyboard of the catalog. Single keys act unless the reader has turned them off, in the dashboard's help.

import {kept} from '../core/kept.js';
import {takesText} from '../ui/dom.js';

const ACTS = new Map([['/', 'find'], ['j', 'next'], ['k', 'previous'], ['d', 'theme'], ['Escape', 'escape']]);

/** @param {Record<string, () => void>} page an act by each name of ACTS */
export function listenToKeys(page) {
  document.addEventListener('keydown', (event) => {
    const act = ACTS.get(event.key.length === 1 ? event.key.toLowerCase() : event.key);
    if (!act || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (event.key !== 'Escape' && (takesText(event.target) || kept('keys') === 'off')) return;
    event.preventDefault();
    page[act]();
  });
}
