// Light, dark, or as the system says; kept for the next visit.

import {keep, kept} from '../core/kept.js';

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
  let theme = kept('theme');
  if (!NEXT.has(theme)) theme = 'system';
  show(theme);
  button.addEventListener('click', () => {
    theme = NEXT.get(theme);
    show(theme);
    keep('theme', theme);
  });
}
