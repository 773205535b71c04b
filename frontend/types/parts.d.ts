// What `Object.assign(this, {…})` gives to the parts of the page, which the checker does not see by itself.

export {};

type Announce = (text: string, about?: string) => void;
type Hue = (type: string) => number;
type Ring = {view: View; hold: Hold};

declare module '../static/frontend/lib/eventstream.js' {
  interface EventStream extends Required<Omit<StreamOptions, 'backoff' | 'filter' | 'reactions' | 'ghosts'>> {
    filter?: object;
    reactions?: boolean;
    ghosts?: boolean;
  }
}
declare module '../static/frontend/core/history.js' {
  interface History {
    stream: EventStream;
    ring: Ring;
    apply(change: () => void): void;
    changed(): void;
    learn(from: number, to: number): void;
    read: typeof import('../static/frontend/lib/pages.js').readPage;
  }
}
declare module '../static/frontend/core/urlstate.js' {
  interface UrlState { location: Location; history: globalThis.History }
}
declare module '../static/frontend/core/notes.js' {
  interface Notes { store: Store; shown(): Store; rates: Rates; receivers: Receivers; isLive(position: number): boolean; now(): number }
}
declare module '../static/frontend/ui/brush.js' {
  interface Brush { bar: FilterBar; now(): number }
}
declare module '../static/frontend/ui/compare.js' {
  interface Compare { pins: Pins; list: List }
}
declare module '../static/frontend/ui/conn.js' {
  interface Conn { stream: EventStream; pace(): string; signals: number; announce: Announce; isEmpty(): boolean }
}
declare module '../static/frontend/ui/detail.js' {
  interface Detail { closed(): void; announce: Announce; signals: string; copyAs: CopyAs; hue: Hue }
}
declare module '../static/frontend/ui/digest.js' {
  interface Digest { store: Store; announce: Announce; wanted(): string; now(): number }
}
declare module '../static/frontend/ui/export.js' {
  interface Export { stream: string; shown(): {view: View; end: number}; announce: Announce }
}
declare module '../static/frontend/ui/filterbar.js' {
  interface FilterBar { list: List; changed(): void; announce: Announce }
}
declare module '../static/frontend/ui/foot.js' {
  interface Foot { stream: EventStream; store: Store; list: List }
}
declare module '../static/frontend/ui/hands.js' {
  interface Hands { list: List; open(ordinal: number): void; announce: Announce }
}
declare module '../static/frontend/ui/keptfilters.js' {
  interface KeptFilters { bar: FilterBar; announce: Announce }
}
declare module '../static/frontend/ui/list.js' {
  interface List { view: View; hold: Hold; scheduler: FrameScheduler; open(ordinal: number): void; rate(): number }
}
declare module '../static/frontend/ui/looks.js' {
  interface Looks { address: UrlState; names: string[] }
}
declare module '../static/frontend/ui/nomatch.js' {
  interface NoMatch { list: List; bar: FilterBar }
}
declare module '../static/frontend/ui/older.js' {
  interface Older { list: List; history: LogHistory; ring: Ring; text: Element; button: Element }
}
declare module '../static/frontend/ui/pinned.js' {
  interface Pinned { pins: Pins; stream: EventStream; list: List; hue: Hue; open(position: number): void; changed(): void; announce: Announce }
}
declare module '../static/frontend/ui/pool.js' {
  interface Pool { element: HTMLElement; hue: Hue }
}
declare module '../static/frontend/ui/rail.js' {
  interface Rail { rates: Rates; bar: FilterBar }
}
declare module '../static/frontend/ui/ranking.js' {
  interface Ranking { receivers: Receivers; only(receiver: string): void }
}
declare module '../static/frontend/ui/reactions.js' {
  interface Reactions { config: {api: string}; stream: EventStream; hold: Hold; list: List }
}
declare module '../static/frontend/ui/roving.js' {
  interface Roving { pool: Pool; table: HTMLElement }
}
declare module '../static/frontend/ui/standings.js' {
  interface Standings { receivers: Receivers; bar: FilterBar; leave(): void }
}
declare module '../static/frontend/ui/strip.js' {
  interface Strip { stream: EventStream; store: Store; hold: Hold; history: LogHistory; announce: Announce; live(): void; failed(): number }
}
declare module '../static/frontend/ui/testevent.js' {
  interface TestEvent {
    config: {test?: {address: string; header: string; token: string} | null; signals: {type: string}[]; open: boolean};
    announce: Announce;
  }
}
declare module '../static/frontend/ui/tree.js' {
  interface Tree {
    store(): Store;
    ask(correlation: string): Promise<{events: Record<string, any>[]; reactions: string[]; whole: boolean}>;
    go(position: number): void;
    hue: Hue;
  }
}
