// The help: whether single keys act at all, and what is announced. What it lists is in dashboard.html.

import {keep, kept} from '../core/kept.js';
import {byId} from './dom.js';

export class Help {
  constructor() {
    this.element = byId('help');
    byId('help-open').addEventListener('click', () => this.open());
    this.singleKeys = choice(byId('single-keys'), 'keys');
    this.announces = select(byId('announced'), 'announce', 'changes');
  }

  open() {
    this.element.showModal();
  }
}

/** A box that is ticked until the reader unticks it. @returns {() => boolean} */
function choice(box, key) {
  box.checked = kept(key) !== 'off';
  box.addEventListener('change', () => keep(key, box.checked ? 'on' : 'off'));
  return () => box.checked;
}

/** A list of which the reader chooses one. @returns {() => string} */
function select(list, key, otherwise) {
  list.value = kept(key) ?? otherwise;
  if (list.selectedIndex < 0) list.value = otherwise;
  list.addEventListener('change', () => keep(key, list.value));
  return () => list.value;
}
