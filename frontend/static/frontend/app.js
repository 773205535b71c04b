// The dashboard, wired: socket frame → stream → store → scheduler → list. Nothing here but who tells whom.

import {pace} from './core/format.js';
import {History} from './core/history.js';
import {Hold} from './core/hold.js';
import {Pins} from './core/pins.js';
import {Rates} from './core/rates.js';
import {Scheduler} from './core/scheduler.js';
import {GAP, Store} from './core/store.js';
import {UrlState} from './core/urlstate.js';
import {View} from './core/view.js';
import {EventStream} from './lib/eventstream.js';
import {followPage} from './lib/lifecycle.js';
import {announcer} from './ui/announce.js';
import {Digest} from './ui/digest.js';
import {Brush} from './ui/brush.js';
import {Chart} from './ui/chart.js';
import {ChartTip} from './ui/charttip.js';
import {Compare} from './ui/compare.js';
import {Conn} from './ui/conn.js';
import {CopyAs} from './ui/copyas.js';
import {Detail} from './ui/detail.js';
import {byId, takesText} from './ui/dom.js';
import {Empty} from './ui/empty.js';
import {Export} from './ui/export.js';
import {FilterBar} from './ui/filterbar.js';
import {Foot} from './ui/foot.js';
import {Go} from './ui/go.js';
import {Help} from './ui/help.js';
import {Highlights} from './ui/highlights.js';
import {listenToKeys} from './ui/keys.js';
import {KeptFilters} from './ui/keptfilters.js';
import {List} from './ui/list.js';
import {Looks} from './ui/looks.js';
import {More} from './ui/more.js';
import {NoMatch} from './ui/nomatch.js';
import {Older} from './ui/older.js';
import {Permalink} from './ui/permalink.js';
import {Pinned} from './ui/pinned.js';
import {Rail} from './ui/rail.js';
import {Reactions} from './ui/reactions.js';
import {Sheet} from './ui/sheet.js';
import {splitterOf} from './ui/splitter.js';
import {Strip} from './ui/strip.js';
import {TestEvent} from './ui/testevent.js';
import {themeToggle} from './ui/theme.js';
import {measureColumns} from './ui/widths.js';

const BACKFILL = 500;    // events shown from before the page was opened
const BUSY = 20;         // events a second, above which the list is drawn four times a second and no more
const TICK_MS = 500;     // countdowns, rates and receipts

const config = JSON.parse(byId('config').textContent);
const help = new Help();
const announce = announcer(byId('announce'), () => help.announces() !== 'off');
const store = new Store();
const rates = new Rates();
const scheduler = new Scheduler();
const rate = () => rates.rate(Date.now());
const address = new UrlState();

const stream = new EventStream(config.socket, {
  stream: config.stream, from: {last: BACKFILL}, backfill: BACKFILL, storage: session(), ghosts: true,
  onBatch({lines}) {
    const now = Date.now();
    for (const line of lines) {
      store.push(line);
      const {type, time, position} = store.at(store.next - 1);
      rates.add(type, position > stream.joined.head ? now : time, now);    // a replay is no rate
    }
    scheduler.mark('list');
    if (hold.held) scheduler.mark('status');
  },
  onReactions: (lines) => reactions.take(lines),
  onResumed: ({from, to}) => reactions.catchUp(from, to),
  onGhosts(lines) {
    reactions.ghosts(lines);
    scheduler.mark('list');
  },
  onGap(gap) {
    if (!store.size && gap.reason === 'epoch') return;    // nothing here is from the other log
    store.pushGap(gap);
    if (gap.reason === 'epoch') {
      history.replace();
      list.redraw();
      if (detail.isOpen) fill({...detail.entry, ordinal: list.selected ?? -1, position: NaN});
    }
    conn.gap(gap);
    scheduler.mark('list');
  },
  onState({name}) {
    if (name !== shownName) scheduler.now('status');
    shownName = name;
    if (store.size === 0) scheduler.mark('status');
  },
});
let shownName = '';
let asked = address.get('at');

const hold = new Hold(store, () => {
  scheduler.now('status');
  scheduler.now('list');
});
const connected = () => ['live', 'catching-up'].includes(stream.name);
const isEmpty = () => store.size === 0 && stream.position !== null && stream.behind === 0;
const ring = {view: new View(store), hold};
const list = new List({...ring, scheduler, announce, open, rate, hue: (type) => rates.hue(type)});
const history = new History({stream, ring, apply: (change) => older.apply(change), changed: () => scheduler.now('status'), learn: (from, to) => reactions.lookUp(from, to)});
const older = new Older({list, history, ring});
const detail = new Detail({closed, step, announce, signals: config.catalog, copyAs: new CopyAs(config), hue: (type) => rates.hue(type)});
const conn = new Conn({stream, pace: () => pace(rates.pace(Date.now())), signals: config.signals.length, announce, isEmpty});
const strip = new Strip({stream, store, hold, history, announce, live: () => list.live(), failed: () => rates.failures(Date.now())});
const foot = new Foot({stream, store, list});
const empty = new Empty({config, announce});
const bar = new FilterBar({list, announce, changed: filter});
const nomatch = new NoMatch({list, bar});
const keptFilters = new KeptFilters({bar, announce});
const rail = new Rail({rates, bar, changed: () => scheduler.now('rates')});
const reactions = new Reactions({config, stream, store, hold, rates, list, bar, show: (position) => show(position), leave: () => detail.isPage && detail.close()});
const chart = new Chart({rates});
const brush = new Brush({bar});
const pins = new Pins({name: config.stream});
const compare = new Compare({pins, list});
const digest = new Digest({store, announce, wanted: help.announces});
const looks = new Looks(address);
const highlights = new Highlights({rows: [list.rows], open: ['detail-title', 'payload', 'detail-ids'].map(byId)});
const sheet = new Sheet();
const link = new Permalink(address);
const go = new Go(show);
const pinned = new Pinned({pins, stream, list, announce, hue: (type) => rates.hue(type), open: (position) => go.take(String(position)), changed: () => compare.offer()});
const file = new Export({stream: config.stream, shown: () => ({view: list.view, end: list.hold.end}), announce});

scheduler.add('rest', () => {
  if (detail.rest()) scheduler.now('rest');
  else list.rest();
});
scheduler.add('list', () => {
  empty.draw(isEmpty(), stream.name === 'live');
  list.draw();
  highlights.drawRows();
  pinned.drawRows();
  nomatch.draw();
}, () => rate() > BUSY);
scheduler.add('status', () => {
  conn.draw();
  if (asked && stream.position > stream.joined.head) {
    go.take(asked);
    asked = '';
  }
  strip.draw();
  foot.draw();
  pinned.draw();
  digest.speak();
  bar.draw();
  keptFilters.draw();
  older.draw();
  empty.draw(isEmpty(), stream.name === 'live');
}, () => true);
scheduler.add('rates', () => {
  const now = Date.now(), types = rates.types(now);
  const lostAt = connected() ? null : now - (stream.now() - (stream.heardAt ?? 0));
  if (rail.free && rates.settle(now)) list.redraw();
  rail.draw(types, lostAt === null ? rates.pace(now).slow : null);
  strip.countFailed();
  reactions.draw();
  chart.draw(types, now, lostAt);
  brush.draw();
}, () => true);
scheduler.add('focus', () => list.focus.settle());

listenToKeys({
  pause: () => strip.toggle(),
  live: () => list.live(),
  move: (by) => move(by, !detail.element.contains(document.activeElement)),
  open: () => list.active !== null && open(list.active),
  find,
  types,
  escape() {
    if (detail.isOpen) detail.close();
    else if (takesText(document.activeElement)) document.activeElement.blur();
    else if (nomatch.shown) bar.set('');
    else if (list.hold.held) list.live();
  },
  copy: (what) => (detail.isOpen ? detail : list).copy(what),
  go: () => go.open(),
  pin: () => list.active !== null && pinned.toggle(list.view.store.at(list.active)),
  range: () => brush.open(),
  view: () => looks.open(),
  export: () => file.save(),
  failed: () => reactions.standings.toggleFailed(),
  theme: () => byId('theme').click(),
  help: () => help.open(),
}, help.singleKeys);
new More();
measureColumns();
new ChartTip({chart});
new TestEvent({config, announce});
themeToggle(byId('theme'));
splitterOf(byId('splitter'), byId('work'));
setInterval(() => {
  scheduler.mark('status');
  scheduler.mark('rates');
}, TICK_MS);
addEventListener('popstate', ({state}) => {
  if (link.popped(state)) return address.set('q', bar.text);
  bar.set(address.get('q'));
  return link.asked ? go.take(link.asked) : detail.close();
});
bar.set(address.get('q'));
scheduler.mark('rates');
stream.open();
followPage(stream);

function filter() {
  address.set('q', bar.text);
  if (!bar.error) list.filter(bar.query.matches);
  highlights.use(bar.query.marks);
  scheduler.now('list');
  scheduler.now('status');
  scheduler.now('rates');
}

function find() {
  if (!bar.field.checkVisibility()) sheet.open();
  bar.field.focus();
  bar.field.select();
}

function types() {
  if (!rail.element.checkVisibility()) sheet.open();
  rail.focus();
}

function open(ordinal) {
  const {store} = list.view;
  const entry = store.at(ordinal);
  if (ordinal < store.first || entry.kind === GAP) return;
  list.hold.hold('detail');
  if (!detail.isOpen) list.keepWidth();
  list.select(ordinal);
  list.reveal(ordinal);
  fill(entry);
}

/** Shows an entry in the detail. */
function fill(entry) {
  if (detail.isOpen) link.move(entry.position);
  else link.open(entry.position);
  detail.open(entry);
  reactions.open(entry);
  pinned.show(entry);
  compare.show(entry);
  highlights.drawOpen();
}

/** Opens the event at a position, wherever it is; says why not, or nothing. */
async function show(position) {
  const why = await history.go(position);
  if (why) return why;
  const ordinal = list.view.store.find(position) ?? position;
  open(ordinal);
  list.centre(ordinal);
  return '';
}

function closed() {
  const inside = document.activeElement === document.body || detail.element.contains(document.activeElement);
  list.keepWidth();
  list.select(null);
  link.close();
  if (inside) {
    list.hold.hold('focus');
    list.focusActive();
  }
  list.hold.release('detail');
}

function step(by) {
  move(by, false);
}

function move(by, focus) {
  const ordinal = list.move(by, {focus});
  if (detail.isOpen && ordinal !== null) open(ordinal);
}

/** The tab's own storage, where the browser allows any. */
function session() {
  try {
    return sessionStorage;
  } catch {
    return null;
  }
}
