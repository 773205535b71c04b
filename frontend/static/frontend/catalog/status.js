// How it is about the answer: in the top bar whether there is one, in the footer what it was learnt from.

import {count, plural} from '../core/format.js';
import {byId, h, icon, mark, say, swapIcon} from '../ui/dom.js';
import {often} from './words.js';

const FEW = 200;    // events that are still to be learnt from, of which nothing is said
const WHY = new Map([[401, 'Signed out'], [403, 'No permission to follow the stream'], [404, 'There is nothing to ask here']]);

export class Status {
  /** @param {{again: () => void}} parts */
  constructor({again}) {
    this.element = byId('conn');
    byId('retry').addEventListener('click', again);
  }

  heard({since, learnt, skipped, head, signals}) {
    const isLate = head - learnt > FEW;    // nobody had looked for a while: what is shown is of then
    this.#say(isLate ? 'busy' : 'live', isLate ? 'Catching up' : 'Live');
    say(this.element.querySelector('.conn__rate'), isLate ? `${count(learnt)} of ${count(head)}` : often(signals.reduce((sum, each) => sum + each.rate_per_minute, 0)));
    mark(this.element.querySelector('.conn__pos'), 'hidden', false);
    say(this.element.querySelector('.conn__pos b'), count(head));
    const events = learnt - since + 1 - skipped, noted = signals.reduce((sum, each) => sum + each.noted, 0);
    const lately = noted && noted < events ? `; receivers from the newest ${count(noted)}` : '';
    byId('learnt').replaceChildren(icon('i-ok'), h('span', {}, ...(learnt
      ? [h('b', {}, plural(events, 'event')), ' learnt from', h('span', {class: 'foot__opt'}, `, positions ${count(since)} to ${count(learnt)}${lately}`)]
      : ['Nothing was sent yet'])));
    mark(byId('skipped'), 'hidden', !skipped);
    say(byId('skipped'), `${count(skipped)} skipped`);
  }

  /** @param {{status: number, wait: number}} why */
  lost({status, wait}) {
    if (wait) this.#say('busy', `No answer, asking again in ${Math.round(wait / 1000)} s`);
    else this.#say('warn', WHY.get(status) ?? 'No answer');
    mark(byId('retry'), 'hidden', !wait);
    mark(byId('sign-in'), 'hidden', status !== 401);
    say(this.element.querySelector('.conn__rate'), '');
  }

  #say(state, text) {
    mark(this.element, 'data-conn', state);
    swapIcon(this.element.querySelector('.dot'), `dot-${state}`);
    say(this.element.querySelector('.conn__text'), text);
    mark(byId('retry'), 'hidden', true);
  }
}
