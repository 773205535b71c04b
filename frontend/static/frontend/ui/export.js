// What is shown, as a file: one event a line, unchanged, the oldest first.

import {count, plural} from '../core/format.js';
import {EVENT, UNREADABLE} from '../core/store.js';
import {sayBriefly} from './copy.js';
import {byId} from './dom.js';

const SLICE = 1e6;    // characters put together at a time, so that no frame is late
const KEPT_MS = 60000;    // until then the browser has taken the file

export class Export {
  #busy = false;

  /** @param {{stream: string, shown: () => {view: View, end: number}, announce: (text: string) => void}} parts */
  constructor({stream, shown, announce}) {
    Object.assign(this, {stream, shown, announce});
    this.button = byId('export');
    this.button.addEventListener('click', () => this.save());
  }

  async save() {
    if (this.#busy) return;
    this.#busy = true;
    const {view, end} = this.shown();
    while (!view.catchUp()) await pause();
    const {lines, positions, unreadable} = eventsOf(view, end);
    if (lines.length) download(await fileOf(lines), `signalcast-${this.stream}-${positions.join('-')}.ndjson`);
    sayBriefly(this.button.querySelector('span'), lines.length ? `Exported ${count(lines.length)}` : 'Nothing to export');
    this.announce(`Exported ${plural(lines.length, 'event')}${unreadable ? `; ${count(unreadable)} unreadable left out` : ''}`);
    this.#busy = false;
  }
}

/** All at once, for the ring may let go of some of them the next moment. */
function eventsOf(view, end) {
  const {store} = view, lines = [], positions = [];
  let unreadable = 0;
  for (let rank = view.first, last = view.rankOf(end); rank < last; rank += 1) {
    const i = view.at(rank) % store.capacity;
    if (store.kinds[i] === EVENT) {
      lines.push(store.lines[i]);
      positions[lines.length > 1 ? 1 : 0] = store.positions[i];
    } else if (store.kinds[i] === UNREADABLE) {
      unreadable += 1;
    }
  }
  return {lines, positions, unreadable};
}

async function fileOf(lines) {
  const parts = [];
  let text = [], length = 0;
  const flush = () => {
    parts.push(new Blob([text.join('')]));
    text = [];
    length = 0;
  };
  for (const line of lines) {
    text.push(line, '\n');
    length += line.length;
    if (length < SLICE) continue;
    flush();
    await pause();
  }
  flush();
  return new Blob(parts, {type: 'application/x-ndjson'});
}

const pause = () => new Promise((resolve) => { setTimeout(resolve); });

function download(file, name) {
  const address = URL.createObjectURL(file);
  const link = document.createElement('a');
  Object.assign(link, {href: address, download: name});
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), KEPT_MS);
}
