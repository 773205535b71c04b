// Light, dark, or as the system says; kept for the next visit where the browser allows.

const KEY = 'signalcast:theme';
const NEXT = new Map([['system', 'light'], ['light', 'dark'], ['dark', 'system']]);

/** @param {HTMLElement} button */
export function themeToggle(button) {
  const root = document.documentElement;
  const show = (theme) => {
    if (theme === 'system') delete root.dataset.theme;
    else root.dataset.theme = theme;
    button.setAttribute('aria-label', `Theme: ${theme}`);
    button.title = `Theme: ${theme}`;
  };
  let theme = kept();
  show(theme);
  button.addEventListener('click', () => {
    theme = NEXT.get(theme);
    show(theme);
    keep(theme);
  });
}

function kept() {
  try {
    const theme = localStorage.getItem(KEY);
    return NEXT.has(theme) ? theme : 'system';
  } catch {
    return 'system';
  }
}

function keep(theme) {
  try {
    localStorage.setItem(KEY, theme);
  } catch {
    // It holds for this page.
  }
}
