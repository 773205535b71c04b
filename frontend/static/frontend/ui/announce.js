// What a screen reader hears: one polite region, at most one sentence a second, of those about the same thing the newest,
// and answers first.

const PAUSE_MS = 1000;

/** @param {HTMLElement} region @param {() => boolean} [wanted] whether the reader wants to hear anything */
export function announcer(region, wanted = () => true) {
  const waiting = new Map();    // by what they are about
  let timer = 0;
  const speak = () => {
    timer = 0;
    for (const about of ['', ...waiting.keys()]) {
      const text = waiting.get(about);
      waiting.delete(about);
      if (!text || text === region.textContent) continue;
      region.textContent = text;
      timer = setTimeout(speak, PAUSE_MS);
      return;
    }
  };
  /** @param {string} text @param {string} [about] a state that may change again; answers to what the reader does are about none */
  return (text, about = '') => {
    if (!wanted()) return;
    waiting.set(about, text);
    if (!timer) speak();
  };
}
