// One signal: what is said of it, how often it is sent, who receives it and how that went, what it carries, and how to send it.

import {count, hue, legible, milliseconds, plural, split, visible} from '../core/format.js';
import {copyFrom} from '../ui/copy.js';
import {draw, h, icon, mark, say} from '../ui/dom.js';
import {ago, often, points, share, short, when} from './words.js';

const WIDTH = 120, HEIGHT = 28;
const SLOW_MS = 50;
const MOST_MS = 5000;    // where the bar from p50 to p95 ends
let number = 0;

export class Signal {
  facts = null;
  /** All that may be found, in lower case. */
  text = '';
  #told = new Map();

  /** @param {{announce: (text: string) => void, events: (field: string, name: string) => string}} parts `events` is the address of those of which this is so */
  constructor({announce, events}) {
    this.events = events;
    const id = `signal-${number += 1}`;
    this.name = h('span', {});
    this.title = h('h2', {class: 'tname tname--big', id, tabindex: -1}, h('i', {class: 'swatch'}), this.name);
    this.doc = h('p', {class: 'sig__doc'});
    this.source = h('span', {class: 'sig__source'});
    this.area = draw('polygon', {});
    this.line = draw('polyline', {});
    this.stats = new Map(['rate', 'failed', 'last sent', 'ever'].map((name) => [name, h('dd', {})]));
    this.ever = h('dt', {}, 'ever');
    this.receivers = table('data', 'Receivers, and how they did with the newest events', ['Receiver', 'p50 to p95', 'runs', 'p50 ms', 'p95 ms', 'failed']);
    this.fields = table('data data--fields', 'Fields, as they were learnt from the events', ['Field', 'learnt as', 'for example']);
    this.code = h('span', {});
    const copy = button('Copy', id), schema = button('Copy JSON Schema', id, 'btn--ghost');
    copy.title = 'Copies it with the imports that it needs';
    copy.addEventListener('click', () => copyFrom(copy, this.facts.code, announce));
    schema.title = 'Copies the schema of its data';
    schema.addEventListener('click', () => copyFrom(schema, JSON.stringify(this.facts.schema, null, 2), announce));
    this.schema = schema;
    this.send = h('div', {class: 'code code--line'},
      h('pre', {class: 'code__text', tabindex: 0}, h('span', {class: 'code__ps', 'aria-hidden': 'true'}, '>>> '), this.code), copy);
    this.element = h('article', {class: 'sig', 'aria-labelledby': id},
      h('header', {class: 'sig__head'}, this.title, this.doc,
        h('div', {class: 'sig__spark'}, draw('svg', {class: 'spark', viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: 'none', 'aria-hidden': 'true'}, this.area, this.line)),
        h('dl', {class: 'stats'}, ...[...this.stats].map(([name, dd]) => h('div', {}, name === 'ever' ? this.ever : h('dt', {}, name), dd)))),
      h('div', {class: 'sig__body'}, this.receivers.element, h('div', {class: 'sig__fields'}, this.fields.element, schema)),
      this.send);
  }

  /** @param {any} facts as /api/signals/ tells them @param {{now: number, whole: boolean}} context whether nothing was left out */
  fill(facts, {now, whole}) {
    this.facts = facts;
    this.text = [facts.type, facts.documentation, facts.path, ...(facts.receivers ?? []).map((each) => each.receiver), ...facts.fields.map((field) => field.name)].join(' ').toLowerCase();
    mark(this.title, 'data-hue', hue(facts.type));
    this.#changed('name', facts.type, () => {
      const [app, name] = split(facts.type).map(visible);
      this.name.replaceChildren(h('span', {class: 'ns'}, app), name);
    });
    this.#changed('doc', [facts.documentation, facts.source], () => this.doc.replaceChildren(
      facts.documentation.split('\n').map((text) => visible(text)).join('\n') || 'Nothing is said beside it in its source.', ' ',
      h('span', {class: 'sig__source'}, visible(facts.source || 'attached in code')), ' ',
      h('a', {class: 'link sig__events', href: this.events('type', facts.type)}, 'Its events')));
    const line = points(facts.recent, WIDTH, HEIGHT);
    mark(this.line, 'points', line);
    mark(this.area, 'points', `0,${HEIGHT} ${line} ${WIDTH},${HEIGHT}`);
    this.#stats(facts, now, whole);
    this.#changed('receivers', [facts.receivers, facts.noted], () => this.receivers.body.replaceChildren(...receivers(facts, this.events)));
    this.#changed('fields', [facts.fields, facts.drift, new Date(now).getHours()], () => this.fields.body.replaceChildren(...fields(facts, now)));
    mark(this.schema, 'hidden', !facts.schema);
    mark(this.send, 'hidden', !facts.shell);
    say(this.code, visible(facts.shell));
  }

  reveal() {
    this.element.scrollIntoView({block: 'start'});
    this.title.focus({preventScroll: true});
  }

  #stats(facts, now, whole) {
    const {stats} = this;
    say(stats.get('rate'), often(facts.rate_per_minute));
    say(stats.get('failed'), share(facts.failed, facts.noted));
    mark(stats.get('failed'), 'data-tone', facts.failed ? 'bad' : null);
    mark(stats.get('failed'), 'title', facts.noted ? `${count(facts.failed)} of the newest ${count(facts.noted)}` : 'Nothing was noted of its receivers yet');
    say(stats.get('last sent'), facts.last_sent ? ago(Date.parse(facts.last_sent), now) : 'never');
    mark(stats.get('last sent'), 'title', facts.last_sent);
    say(this.ever, whole ? 'ever' : 'counted');
    say(stats.get('ever'), count(facts.count));
  }

  /** Draws a part if it is another than before: what stays keeps the reader's selection. */
  #changed(name, value, redraw) {
    const text = JSON.stringify(value);
    if (this.#told.get(name) === text) return;
    this.#told.set(name, text);
    redraw();
  }
}

function table(kind, caption, heads) {
  const body = h('tbody', {});
  const cell = (text, i) => h('th', {scope: 'col', class: kind === 'data' && i ? i === 1 ? 'r' : 'n' : null}, text === 'p50 to p95' ? h('span', {class: 'vh'}, text) : text);
  return {body, element: h('table', {class: kind}, h('caption', {class: 'vh'}, caption), h('thead', {}, h('tr', {}, ...heads.map(cell))), body)};
}

const button = (text, describedBy, kind = '') => h('button', {class: `btn btn--small ${kind}`, type: 'button', 'aria-describedby': describedBy}, text);

function receivers({receivers}, events) {
  if (!receivers) return [none('Who receives it is not known', 6)];
  return receivers.length ? receivers.map((one) => receiver(one, events)) : [none('Nobody receives it', 6)];
}

const none = (text, columns) => h('tr', {}, h('td', {class: 'dim', colspan: columns}, text));

function receiver({receiver, source, async, state, sender, count: runs, failures, p50_ms: p50, p95_ms: p95}, events) {
  const isDead = state === 'dead';
  const asides = [isDead && 'a reference to what is gone', async && 'async', sender && `${sender} only`, state === 'elsewhere' && 'elsewhere'].filter(Boolean);
  const text = visible(split(receiver)[1]);
  const name = text ? h('a', {class: 'data__link', href: events('receiver', receiver)}, text) : 'gone';
  return h('tr', {'data-off': isDead},
    h('th', {scope: 'row', title: visible([receiver, source].filter(Boolean).join(', '))}, name, ...asides.flatMap((text) => [' ', h('span', {class: 'aside'}, visible(text))])),
    h('td', {class: 'r'}, p50 === null ? '' : range(p50, p95)),
    h('td', {class: 'n dim', title: plural(runs, 'run')}, short(runs)),
    h('td', {class: 'n'}, p50 === null ? '–' : milliseconds(p50)),
    h('td', {class: 'n', 'data-slow': p95 > SLOW_MS}, p95 === null ? '–' : milliseconds(p95)),
    failures ? h('td', {class: 'n', 'data-tone': 'bad', title: `${count(failures)} of ${count(runs)}`}, icon('i-bad'), share(failures, runs)) : h('td', {class: 'n'}, share(failures, runs)));
}

/** From p50 to p95, on a logarithmic axis that all of them share. */
function range(p50, p95) {
  const at = (ms) => `${Math.min(100, Math.log10(ms + 1) / Math.log10(MOST_MS) * 100).toFixed(1)}%`;
  const fill = h('i', {class: 'range__fill'});
  fill.style.setProperty('--from', at(p50));
  fill.style.setProperty('--to', at(p95));
  return h('span', {class: 'range', 'aria-hidden': 'true'}, fill);
}

function fields({fields, drift}, now) {
  const changes = new Map();
  for (const change of drift) changes.set(change.field, [...(changes.get(change.field) ?? []), change]);
  return fields.length ? fields.map((field) => row(field, changes.get(field.path) ?? [], now)) : [none('None yet: they are learnt when it is sent', 3)];
}

function row({name, learnt_as: kind, example: json}, changes, now) {
  const [above, own] = split(name).map(visible), example = legible(json);
  return h('tr', {},
    h('th', {scope: 'row', title: visible(name), 'data-depth': Math.min(3, above.split('.').length - 1)}, above && h('span', {class: 'vh'}, above), own),
    h('td', {class: 'dim', title: visible(kind)}, h('div', {class: 'kind'}, h('span', {class: 'cut'}, visible(kind)), ...changes.slice(-2).map((change) => flag(change, now)))),
    h('td', {class: 'mono cut', title: example}, example));
}

function flag({change, first_seen: time, detail}, now) {
  return h('span', {class: 'flag', title: visible(`${detail}, since ${time}`)}, visible(`${change === 'type' ? 'changed' : change} ${when(Date.parse(time), now)}`));
}
