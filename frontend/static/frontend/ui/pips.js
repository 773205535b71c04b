// What the receivers of an event did, in a row: a bar for each, as tall as it was slow, the same in words, and the time.

import {count, milliseconds, plural, visible} from '../core/format.js';
import {TOLD, UNKNOWN, UNTOLD, listenersOf, readReactions, sumOf} from '../core/reactions.js';
import {h, icon, mark, write} from './dom.js';

const MOST = 8;        // bars; of more, the slowest and the failed ones
const SLOW_MS = 50;    // from here on a time stands out

export class Pips {
  #shown = null;
  #says = new Text('');
  #took = new Text('');

  constructor() {
    this.bars = h('span', {class: 'pips', 'aria-hidden': 'true'});
    this.cell = h('span', {role: 'gridcell', class: 'c-recv'}, this.bars, h('span', {class: 'c-recv__text'}, this.#says));
    this.ms = h('span', {role: 'gridcell', class: 'c-ms'}, this.#took);
  }

  /** @param {Entry} entry */
  show({told, reactions}) {
    if (this.#shown === reactions && reactions) return;
    this.#shown = reactions;
    const all = told === UNTOLD ? null : readReactions(reactions);
    const sum = all && sumOf(all), known = told === TOLD && sum.listened > 0;
    mark(this.cell, 'data-failed', Boolean(known && sum.failed));
    mark(this.cell, 'data-untold', told === UNTOLD);
    this.#draw(known ? listenersOf(all) : []);
    write(this.#says, told === UNTOLD ? '' : told === UNKNOWN ? 'unknown' : inWords(sum));
    mark(this.cell, 'title', told === TOLD ? whole(all, sum) : told === UNKNOWN ? 'What the receivers did could not be seen' : null);
    write(this.#took, known ? milliseconds(sum.ms) : told === UNTOLD ? '' : '–');
    mark(this.ms, 'data-slow', Boolean(known && sum.ms > SLOW_MS));
  }

  /** The bars of the event before are used again. */
  #draw(listeners) {
    const shown = worst(listeners), {bars} = this;
    while (bars.childElementCount < shown.length) bars.append(h('i', {class: 'pip'}));
    while (bars.childElementCount > shown.length) bars.lastChild.remove();
    shown.forEach(({outcome, ms}, i) => {
      const bar = /** @type {HTMLElement} */ (bars.children[i]);
      mark(bar, 'data-outcome', outcome === 'ok' ? null : outcome === 'raised' ? 'bad' : 'skip');
      bar.style.setProperty('--h', Math.min(1, 0.22 + Math.log10(1 + (ms || 0)) / 2.6).toFixed(2));
    });
    mark(bars, 'data-more', shown.length < listeners.length ? `+${listeners.length - shown.length}` : null);
  }
}

/** "4 ok", "1 of 4 failed", "no receivers". */
function inWords({listened, failed, ok}) {
  if (!listened) return 'no receivers';
  if (failed) return `${failed} of ${listened} failed`;
  return ok === listened ? `${listened} ok` : `${ok} of ${listened} ok`;
}

function whole(all, sum) {
  const ignored = all.reactions.length - listenersOf(all).length;
  const others = ignored ? `; ${count(ignored)} connected, but not for this` : '';
  return (sum.listened ? `${plural(sum.listened, 'receiver')}: ${sum.ok} ok, ${sum.failed} failed, ${milliseconds(sum.ms)} ms` : 'No receivers') + others;
}

/** All, where there is room for a bar each; else the slowest and those that failed, in their order. */
function worst(listeners) {
  if (listeners.length <= MOST) return listeners;
  const weight = ({outcome, ms}) => (outcome === 'raised' ? Infinity : ms || 0);
  const kept = new Set([...listeners].sort((a, b) => weight(b) - weight(a)).slice(0, MOST - 1));
  return listeners.filter((one) => kept.has(one));
}

/** The mark of an outcome, and its word for those who cannot see it. */
export function outcome(name) {
  const [picture, word] = OUTCOMES.get(name) ?? ['i-minus', visible(name)];
  return [icon(picture), h('span', {class: 'vh'}, word)];
}

const OUTCOMES = new Map([['ok', ['i-ok', 'ok']], ['raised', ['i-close', 'failed']], ['not_run', ['i-minus', 'not run']], ['cancelled', ['i-minus', 'cancelled']], ['ignored', ['i-minus', 'not for this']]]);
