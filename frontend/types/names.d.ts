// The names that the scripts' comments use. Nothing here is ever run: `make check-js` reads it.

export {};

declare global {
  type EventStream = import('../static/frontend/lib/eventstream.js').EventStream;
  type Timers = import('../static/frontend/lib/timers.js').Timers;
  type Store = import('../static/frontend/core/store.js').Store;
  type View = import('../static/frontend/core/view.js').View;
  type Matches = import('../static/frontend/core/view.js').Matches;
  type Hold = import('../static/frontend/core/hold.js').Hold;
  type Told = import('../static/frontend/core/reactions.js').Told;
  type Reaction = import('../static/frontend/core/reactions.js').Reaction;
  type Receivers = import('../static/frontend/core/receivers.js').Receivers;
  type Rates = import('../static/frontend/core/rates.js').Rates;
  type Series = import('../static/frontend/core/rates.js').Series;
  type Pace = import('../static/frontend/core/rates.js').Pace;
  // `Scheduler` and `History` alone are the browser's.
  type FrameScheduler = import('../static/frontend/core/scheduler.js').Scheduler;
  type UrlState = import('../static/frontend/core/urlstate.js').UrlState;
  type LogHistory = import('../static/frontend/core/history.js').History;
  type List = import('../static/frontend/ui/list.js').List;
  type Pool = import('../static/frontend/ui/pool.js').Pool;
  type Viewport = import('../static/frontend/ui/viewport.js').Viewport;
  type FilterBar = import('../static/frontend/ui/filterbar.js').FilterBar;
  type Known = import('../static/frontend/core/python.js').Known;
  type Receivers = import('../static/frontend/core/receivers.js').Receivers;
  type Reaction = import('../static/frontend/core/reactions.js').Reaction;
  type Told = import('../static/frontend/core/reactions.js').Told;
  type Pins = import('../static/frontend/core/pins.js').Pins;
  type Pin = import('../static/frontend/core/pins.js').Pin;
  type Chart = import('../static/frontend/ui/chart.js').Chart;
  type CopyAs = import('../static/frontend/ui/copyas.js').CopyAs;

  /** An entry of a store, as it is read: an event, one that cannot be read, or a gap. */
  type Entry = ReturnType<Store['at']>;

  type Start = number | 'live' | 'earliest' | {last: number} | {since: string};

  /** The client's first message, but for what it is. */
  interface Hello {
    stream?: string;
    from?: Start;
    epoch?: string | null;
    tip?: string | null;
    filter?: object | null;
    window?: number;
    reactions?: boolean;
    reactions_after?: number;
    ghosts?: boolean;
  }

  interface Gap {
    from: number | null;
    to: number;
    reason: 'retention' | 'epoch' | 'unexplained';
  }

  /** What `connect(url, options)` takes; every one has a default. */
  interface StreamOptions {
    stream?: string;
    from?: Start;
    filter?: object;
    window?: number;
    /** Keeps the position, so that a reloaded page resumes. */
    storage?: Storage | null;
    /** How many events before the kept position are wanted again. */
    backfill?: number;
    backoff?: {base?: number; cap?: number};
    reactions?: boolean;
    ghosts?: boolean;
    onBatch?(batch: {from: number; to: number; head: number; lines: string[]}): void;
    onReactions?(lines: string[], after: number): void;
    onGhosts?(lines: string[], after: number): void;
    onState?(stream: EventStream): void;
    onGap?(gap: Gap): void;
    onFiltered?(message: {from: number}): void;
    onResumed?(newest: {from: number; to: number}): void;
    WebSocket?: typeof globalThis.WebSocket;
    random?(): number;
    now?(): number;
  }

  /** What is found by its id in the page's own markup, which says which of these it really is. */
  type PageElement = HTMLElement &
    Pick<HTMLInputElement, 'value' | 'checked' | 'disabled' | 'select'> &
    Pick<HTMLSelectElement, 'selectedIndex'> &
    Pick<HTMLAnchorElement, 'href'> &
    Pick<HTMLDialogElement, 'open' | 'showModal' | 'close'>;

  // The page's elements are HTML, whatever finds them, and what its listeners hear of comes from elements.
  interface ParentNode {
    querySelector(selectors: string): HTMLElement | null;
    querySelectorAll(selectors: string): NodeListOf<HTMLElement>;
  }
  interface EventTarget {
    closest(selectors: string): Element | null;
  }
  interface Node {
    contains(other: EventTarget | null): boolean;
  }
  interface Element {
    readonly style: CSSStyleDeclaration;
    readonly offsetHeight: number;
    readonly dataset: DOMStringMap;
    focus(options?: FocusOptions): void;
    blur(): void;
    click(): void;
  }
}
