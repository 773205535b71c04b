// What the reader chose, kept for the next visit where the browser allows; elsewhere it holds for this page.

const name = (key) => `signalcast:${key}`;

/** @returns {string|null} */
export function kept(key) {
  try {
    return localStorage.getItem(name(key));
  } catch {
    return null;
  }
}

export function keep(key, value) {
  try {
    localStorage.setItem(name(key), value);
  } catch {
    // Full or forbidden.
  }
}
