// The texts that the filter names, marked where they stand, in the rows and in the open event. The browser paints them
// over text that stays as it is: no element is made, and nothing is laid out anew.

const TERMS = 5;
const MOST = 2000;    // places of one text that are marked
const ROWS = 'rows', OPEN = 'open';

export class Highlights {
  #terms = [];
  #painted = new Map();    // by root and term
  #off = !globalThis.CSS?.highlights;

  /** @param {{rows: HTMLElement[], open: HTMLElement[]}} roots of the rows, and of the open event */
  constructor(roots) {
    this.roots = roots;
    if (this.#off) return;
    for (let i = 0; i < TERMS; i += 1) {
      for (const root of [ROWS, OPEN]) this.#painted.set(root + i, new Set());
      CSS.highlights.set(`term-${i}`, new Highlight());
    }
  }

  /** @param {string[]} texts */
  use(texts) {
    this.#terms = [...new Set(texts.map((text) => text.toLowerCase()))].filter(Boolean).slice(0, TERMS);
    this.drawOpen();
  }

  drawRows() {
    this.#draw(ROWS);
  }

  drawOpen() {
    this.#draw(OPEN);
  }

  #draw(root) {
    if (this.#off) return;
    const found = this.#terms.map(() => []);
    if (found.length) this.roots[root].forEach((element) => find(element, this.#terms, found));
    for (let i = 0; i < TERMS; i += 1) {
      const painted = this.#painted.get(root + i), paint = CSS.highlights.get(`term-${i}`);
      for (const range of painted) paint.delete(range);
      painted.clear();
      for (const range of found[i] ?? []) {
        painted.add(range);
        paint.add(range);
      }
    }
  }
}

/** Rows that show nothing still hold what they showed. */
const shown = (node) => node.hidden ? NodeFilter.FILTER_REJECT : NodeFilter.FILTER_ACCEPT;

/** Adds where the texts stand in what is shown: ranges, by text. */
function find(root, terms, found) {
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT, shown);
  while (walker.nextNode()) {
    const node = /** @type {Text} */ (walker.currentNode);
    if (node.nodeType !== Node.TEXT_NODE) continue;
    const text = node.data.toLowerCase();
    if (text.length !== node.data.length) continue;    // a letter that has another length in lower case
    terms.forEach((term, i) => {
      for (let at = text.indexOf(term); at >= 0 && found[i].length < MOST; at = text.indexOf(term, at + term.length)) {
        const range = new StaticRange({startContainer: node, startOffset: at, endContainer: node, endOffset: at + term.length});
        found[i].push(range);
      }
    });
  }
}
