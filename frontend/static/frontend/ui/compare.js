// What differs between the open event and another: the one of its type before it, or one that is pinned.

import {count, dayOrTime, legible, plural, split, visible} from '../core/format.js';
import {member} from '../core/jsontext.js';
import {difference} from '../core/leaves.js';
import {EVENT} from '../core/store.js';
import {byId, h, mark} from './dom.js';

const BEFORE = 'before';
const BACK = 20000;       // events that are looked through for one of the same type
const ROWS = 200;
const LONGEST = 200;      // characters of a value
const LARGEST = 1e6;      // characters of a payload

export class Compare {
  #entry = null;
  #turn = 0;

  /** @param {{pins: Pins, list: List}} parts */
  constructor({pins, list}) {
    Object.assign(this, {pins, list});
    this.element = byId('compare');
    this.choice = byId('compare-with');
    this.element.addEventListener('toggle', () => {
      this.offer();
      this.#draw();
    });
    this.choice.addEventListener('change', () => this.#draw());
  }

  /** This event is open now. @param {Entry} entry */
  show(entry) {
    this.#entry = entry;
    mark(this.element, 'hidden', entry.kind !== EVENT);
    this.offer();
    this.#draw();
  }

  /** Something was pinned, or is not any more. */
  offer() {
    if (!this.element.open || !this.#entry) return;
    const chosen = this.choice.value, own = this.#entry.position;
    this.choice.replaceChildren(h('option', {value: BEFORE}, `the ${visible(split(this.#entry.type)[1])} before it`),
      ...this.pins.all.filter(({position}) => position !== own).map(({position, type, time}) =>
        h('option', {value: String(position)}, `pinned: ${visible(split(type)[1])}, ${Number.isFinite(time) ? dayOrTime(time) : count(position)}`)));
    this.choice.value = chosen;
    if (this.choice.selectedIndex < 0) this.choice.value = BEFORE;
  }

  async #draw() {
    if (!this.element.open || !this.#entry) return;
    const turn = this.#turn += 1, {line, position} = this.#entry;
    const other = this.choice.value === BEFORE ? this.#before() : await this.#pinned(Number(this.choice.value));
    if (turn !== this.#turn) return;
    const [mine, theirs] = [line, other].map((text) => text && (member(text, 'data') ?? '{}'));
    if (!theirs) return this.#say(this.choice.value === BEFORE ? 'This page holds no earlier event of this type.' : 'That event is not there any more.');
    if (mine.length + theirs.length > LARGEST) return this.#say('They are too large to be compared here.');
    const older = this.choice.value === BEFORE || Number(this.choice.value) < position;
    return this.#table(older ? difference(theirs, mine) : difference(mine, theirs), older);
  }

  #table({same, changes}, isLater) {
    const cell = (value) => value === null ? h('td', {class: 'diff__none'}, 'not there') : h('td', {}, readable(value));
    const says = changes.length ? `${plural(changes.length, 'value')} ${changes.length === 1 ? 'differs' : 'differ'}, ${count(same)} the same.` : `Nothing differs: ${plural(same, 'value')}.`;
    const more = changes.length > ROWS ? ` The first ${ROWS} are shown.` : '';
    const heads = isLater ? ['Field', 'Other', 'This'] : ['Field', 'This', 'Other'];
    const rows = changes.slice(0, ROWS).map(({path, before, after}) => h('tr', {}, h('th', {scope: 'row'}, ...steps(path)), cell(before), cell(after)));
    byId('compare-result').replaceChildren(h('p', {class: 'diff__says'}, says + more), ...(rows.length ? [h('table', {class: 'diff'},
      h('thead', {}, h('tr', {}, ...heads.map((name) => h('th', {scope: 'col'}, name)))), h('tbody', {}, ...rows))] : []));
  }

  #say(text) {
    byId('compare-result').replaceChildren(h('p', {class: 'diff__says'}, text));
  }

  #before() {
    const {store} = this.list.view, {ordinal, type} = this.#entry;
    for (let at = ordinal - 1; at >= Math.max(store.first, ordinal - BACK); at -= 1) {
      const entry = store.at(at);
      if (entry.kind === EVENT && entry.type === type) return entry.line;
    }
    return null;
  }

  /** From this page, or else from the server. */
  async #pinned(position) {
    const {store} = this.list.view, at = store.ordinalOf(position), pin = this.pins.all.find((one) => one.position === position);
    if (at !== null) return store.at(at).line;
    if (!pin) return null;
    try {
      const answer = await fetch(`api/events/${encodeURIComponent(pin.id)}/`);
      return answer.ok ? await answer.text() : null;
    } catch {
      return null;
    }
  }
}

/** A value as it is laid out in the payload: letters as letters, and no more of them than can be read here. */
function readable(value) {
  const text = legible(value);
  return text.slice(0, LONGEST) + (text.length > LONGEST ? '…' : '');
}

/** A path whose line breaks, where it needs any, after a dot. */
const steps = (path) => visible(path).split(/(?<=\.)/).flatMap((step) => [step, h('wbr')]);
