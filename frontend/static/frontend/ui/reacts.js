// The receivers of the open event: a table in the order in which they ran, whose bars share one axis. What is told later
// changes the rows that it is about; a traceback that is open stays open.

import {milliseconds, plural, visible} from '../core/format.js';
import {TOLD, UNKNOWN, UNTOLD, keyOf, lastOf, readReactions, startsOf, sumOf} from '../core/reactions.js';
import {EVENT, GHOST} from '../core/store.js';
import {barOf} from './bar.js';
import {arrange, byId, h, icon, mark, tell} from './dom.js';
import {outcome} from './pips.js';

const LONGEST = 2000;       // characters of an error; the rest is in the traceback, if anywhere
const TRACEBACK = 20000;

const TONES = new Map([['ok', 'ok'], ['raised', 'bad']]);
const RAN = new Set(['ok', 'raised', 'cancelled']);
const WHY = new Map([['sender', 'listens to another sender'], ['dead', 'its object is gone']]);

export class Reacts {
  #rows = new Map();    // by receiver: what a row says, and its element
  #event = '';          // the line of the event that is shown

  /** @param {{show: (receiver: string) => void}} parts shows how a receiver does */
  constructor({show}) {
    this.element = byId('reacts');
    this.body = byId('reacts-rows');
    this.body.addEventListener('click', ({target}) => {
      const button = target.closest('[data-receiver]');
      if (button) show(button.dataset.receiver);
    });
  }

  /** @param {Entry} entry */
  show(entry) {
    const {kind, told, reactions, line} = entry;
    if (this.#event !== line) this.#rows.clear();
    this.#event = line;
    mark(this.element, 'hidden', kind !== EVENT && kind !== GHOST);
    const all = told === TOLD ? readReactions(reactions) : null;
    this.#head(all);
    this.#list(all);
    const says = all?.more ? `${plural(all.more, 'more receiver')}, not listed` : all?.reactions.length ? '' : SAYS.get(told);
    tell(byId('reacts-say'), says);
  }

  #head(all) {
    const sum = all && sumOf(all), note = byId('reacts-note');
    if (!sum?.listened) return note.replaceChildren();
    const took = `${milliseconds(sum.ms)} ms`;
    return note.replaceChildren(...(sum.failed ? [h('b', {class: 'bad'}, `${sum.failed} failed`), ` of ${sum.listened}, ${took}`] : [`${sum.ok} of ${sum.listened} ok, ${took}`]));
  }

  #list(all) {
    mark(this.body.parentElement, 'hidden', !all?.reactions.length);
    if (!all) return this.body.replaceChildren();
    const starts = startsOf(all), whole = sumOf(all).ms;
    const rows = all.reactions.flatMap((one, i) => [this.#row(`${keyOf(one)} run`, [one, starts[i], whole], () => runOf(one, starts[i], whole)),
      ...(one.error || one.traceback ? [this.#row(`${keyOf(one)} error`, [one.error, one.traceback], () => errorOf(one))] : [])]);
    this.#rows = new Map(rows.map((row) => [row.key, row]));
    return arrange(this.body, rows.map(({element}) => element));
  }

  /** The row of before, where it says the same. */
  #row(key, what, make) {
    const says = JSON.stringify(what), there = this.#rows.get(key);
    return there?.says === says ? there : {key, says, element: make()};
  }
}

const SAYS = new Map([
  [UNTOLD, 'Nothing was told of its receivers yet.'],
  [TOLD, 'Nobody receives this signal.'],
  [UNKNOWN, 'Unknown: what its receivers did could not be seen with this version of Django.'],
]);

function runOf(one, start, whole) {
  const {receiver, source, order, ms, outcome: name} = one, tone = TONES.get(name) ?? 'skip';
  const cells = Number.isNaN(ms) || tone === 'skip'
    ? [h('td', {class: 'react__why', colspan: 2}, visible(why(one)))]
    : [h('td', {}, barOf(start, ms, whole, tone === 'bad' ? 'bad' : null)), h('td', {class: 'react__ms'}, milliseconds(ms), h('span', {class: 'unit'}, ' ms'))];
  return h('tr', {class: 'react', 'data-outcome': tone},
    h('td', {class: 'react__icon'}, h('span', {class: 'vh'}, `${order}: `), ...outcome(name)),
    h('td', {class: 'react__name', title: visible(receiver)}, named(one),
      source && h('span', {class: 'react__where'}, visible(source))),
    ...cells);
}

/** Its name, which leads to how it does, if it ever ran. */
function named({receiver, outcome: name, async}) {
  const text = [visible(lastOf(receiver)), async && h('span', {class: 'react__async'}, ' async')];
  return RAN.has(name) ? h('button', {class: 'react__fn react__link', type: 'button', 'data-receiver': receiver}, ...text) : h('span', {class: 'react__fn'}, ...text);
}

/** Why there is no time to show. */
function why({outcome: name, why: reason, ms}) {
  if (name === 'not_run') return 'not run: an earlier one raised';
  if (name === 'cancelled') return Number.isNaN(ms) ? 'cancelled' : `cancelled after ${milliseconds(ms)} ms`;
  if (name === 'ignored') return WHY.get(reason) ?? 'not for this';
  return name === 'ok' ? 'ok' : name === 'raised' ? 'failed' : name;
}

function errorOf({error, traceback}) {
  const [, type, message] = /^([^:]*)(:?[^]*)$/.exec(error.slice(0, LONGEST));
  const says = h('span', {}, h('b', {}, visible(type)), visible(message), error.length > LONGEST && '…');
  const box = traceback
    ? h('details', {class: 'trace'}, h('summary', {class: 'trace__line'}, icon('i-next'), says), h('pre', {class: 'trace__text', tabindex: 0}, ...linesOf(traceback)))
    : h('p', {class: 'trace'}, says);
  return h('tr', {class: 'react-error'}, h('td', {}), h('td', {colspan: 3}, box));
}

/** Line breaks are what a traceback is made of; all else that cannot be seen is written out. */
const linesOf = (text) => [text.slice(0, TRACEBACK).replace(/\r\n/g, '\n').split('\n').map(visible).join('\n')];
