// The event that is open: docked at the right of the list, or a page of its own where there is no room beside it.

import {count, split, time, visible} from '../core/format.js';
import {member} from '../core/jsontext.js';
import {GHOST, UNREADABLE, summaryIn} from '../core/store.js';
import {copyFrom} from './copy.js';
import {byId, h, icon, mark} from './dom.js';
import {showRaw, showTree} from './payload.js';
import {UNDONE} from './row.js';

const PAGE = matchMedia('(max-width: 63.99rem)');    // below, the detail is a page; detail.css says the same
const FIRST = ['id', 'correlationid', 'causationid', 'origin', 'sentfrom', 'originhost', 'originuser', 'traceparent', 'sequence', 'source', 'subject', 'sender', 'time'];
const CALLED = new Map([['correlationid', 'correlation'], ['causationid', 'cause'], ['sentfrom', 'sent from'], ['originhost', 'host'], ['originuser', 'user']]);
const SHOWN = new Set(['data', 'type', 'summary', 'specversion', 'datacontenttype', 'outcome', 'reactions']);
const LONGEST = 500;
const zoned = new Intl.DateTimeFormat('en-GB', {timeZoneName: 'short'});

export class Detail {
  entry = null;    // that is open

  #raw = false;

  /** @param {{closed: () => void, step: (by: number) => void, announce: (text: string) => void, signals: string, copyAs: CopyAs, hue: (type: string) => number}} parts `signals` is where the catalog is */
  constructor({closed, step, announce, signals, copyAs, hue}) {
    Object.assign(this, {closed, announce, signals, copyAs, hue});
    this.element = byId('detail');
    byId('detail-close').addEventListener('click', () => this.close());
    byId('detail-back').addEventListener('click', () => this.close());
    byId('detail-newer').addEventListener('click', () => step(-1));
    byId('detail-older').addEventListener('click', () => step(1));
    byId('payload-tree').addEventListener('click', () => this.#show(false));
    byId('payload-raw').addEventListener('click', () => this.#show(true));
    this.element.addEventListener('click', ({target}) => this.#copy(target.closest('[data-copy]')));
    PAGE.addEventListener('change', () => this.#cover());
  }

  get isOpen() {
    return this.entry !== null;
  }

  /** Whether it covers the list. */
  get isPage() {
    return this.isOpen && PAGE.matches;
  }

  /** @param {Entry} entry */
  open(entry) {
    const first = !this.isOpen;
    mark(this.element, 'data-head', first);
    this.entry = entry;
    this.#fill(entry);
    this.element.hidden = false;
    document.body.dataset.detail = '';
    this.#cover();
    if (first && PAGE.matches) byId('detail-back').focus();
  }

  /** Shows what is below its head, which had a frame for itself. @returns {boolean} whether there was any */
  rest() {
    const {dataset} = this.element, had = 'head' in dataset;
    delete dataset.head;
    return had;
  }

  /** Copies the event, or a link to it. @param {'event'|'link'} what */
  copy(what) {
    this.element.querySelector(`[data-copy=${what}]:not([hidden])`)?.click();
  }

  close() {
    if (!this.isOpen) return;
    this.entry = null;
    this.element.hidden = true;
    delete document.body.dataset.detail;
    this.#cover();
    this.closed();
  }

  /** As a page, it is all there is. */
  #cover() {
    for (const id of ['top', 'filter', 'stage', 'foot']) byId(id).inert = this.isPage;
  }

  #fill({kind, line, type, time: ms, position}) {
    this.element.querySelector('.detail__body').scrollTop = 0;    // before anything is written: to scroll, the browser lays out the page
    const unreadable = kind === UNREADABLE;
    const event = unreadable ? {} : JSON.parse(line);
    const [app, name] = split(unreadable ? 'unreadable event' : type);
    const subject = typeof event.subject === 'string' ? event.subject : '';
    const known = unreadable ? {} : {href: `${this.signals}?${new URLSearchParams({q: type})}`, title: 'What is known of this signal'};
    byId('detail-type').replaceChildren(h('i', {class: 'swatch'}), h(unreadable ? 'span' : 'a', {class: 'cut', ...known}, h('span', {class: 'ns'}, visible(app)), visible(name)));
    mark(byId('detail-type'), 'data-hue', unreadable ? null : this.hue(type));
    byId('detail-title').textContent = visible(summaryIn(event) || name);
    byId('detail-meta').replaceChildren(
      Number.isNaN(ms) ? '' : h('time', {datetime: new Date(ms).toISOString(), title: new Date(ms).toISOString()}, `${time(ms)} ${zone(ms)}`),
      subject && h('span', {}, visible(subject)),
      kind === GHOST ? h('span', {class: 'undone', title: UNDONE}, 'rolled back') : Number.isNaN(position) ? '' : h('span', {}, `pos ${count(position)}`));
    byId('detail-ids').replaceChildren(...identity(event).map(([key, value]) => h('div', {class: 'ids__row'}, h('dt', {class: 'cut', title: visible(key)}, CALLED.get(key) ?? visible(key)),
      h('dd', {}, h('span', {}, visible(value)), h('button', {class: 'btn btn--icon btn--tiny', type: 'button', 'aria-label': `Copy ${CALLED.get(key) ?? visible(key)}`, 'data-copy': key}, icon('i-copy'))))));
    // What is in no log, or in one that was replaced, leads nowhere.
    for (const what of ['link', 'curl']) mark(this.element.querySelector(`[data-copy=${what}]`), 'hidden', Number.isNaN(position));
    for (const what of ['shell', 'pytest']) mark(this.element.querySelector(`[data-copy=${what}]`), 'hidden', unreadable);
    this.#show(this.#raw);
  }

  #show(raw) {
    this.#raw = raw;
    const {kind, line} = this.entry;
    const unreadable = kind === UNREADABLE;
    mark(byId('payload-tree'), 'aria-pressed', String(!raw && !unreadable));
    mark(byId('payload-raw'), 'aria-pressed', String(raw || unreadable));
    byId('payload-tree').disabled = unreadable;
    if (raw || unreadable) showRaw(byId('payload'), unreadable ? line : payload(line));
    else showTree(byId('payload'), payload(line));
  }

  #copy(button) {
    if (!button || !this.entry) return;
    const what = button.dataset.copy;
    const isId = button.closest('dd');
    copyFrom(button, isId ? String(new Map(identity(JSON.parse(this.entry.line))).get(what)) : this.copyAs.text(what, this.entry), this.announce);
  }
}

const payload = (line) => member(line, 'data') ?? line;

/** The attributes of an event besides what the rest of the panel shows, in order of worth. @returns {[string, string][]} */
function identity(event) {
  const shown = (value) => (typeof value === 'string' ? value : JSON.stringify(value)).slice(0, LONGEST);
  const attributes = new Map(Object.entries(event).filter(([key]) => !SHOWN.has(key)));
  const rest = [...attributes.keys()].filter((key) => !FIRST.includes(key));
  return [...FIRST, ...rest].filter((key) => attributes.has(key)).map((key) => [key, shown(attributes.get(key))]);
}

/** The reader's time zone at that moment, by its short name. */
function zone(ms) {
  return zoned.formatToParts(ms).find((part) => part.type === 'timeZoneName')?.value ?? '';
}
