// Making elements. Whatever is given as a child becomes text: there is no way from data to markup.

const SVG = 'http://www.w3.org/2000/svg';

/** The element of the page's own markup with this id. @type {(id: string) => PageElement|null} */
export const byId = (id) => /** @type {PageElement|null} */ (document.getElementById(id));

/**
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {Record<string, string|number|boolean|null|undefined>} [attributes] true is an empty attribute; false and null are none
 * @param {...(Node|string|null|false)} children
 * @returns {HTMLElementTagNameMap[T]}
 */
export function h(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes ?? {})) mark(element, name, value);
  element.append(.../** @type {(Node|string)[]} */ (children.filter((child) => child !== null && child !== false)));
  return element;
}

/** Sets an attribute, or removes it; does nothing where it is so already. */
export function mark(element, name, value) {
  const wanted = value === false || value === null || value === undefined ? null : value === true ? '' : String(value);
  if (element.getAttribute(name) === wanted) return;
  if (wanted === null) element.removeAttribute(name);
  else element.setAttribute(name, wanted);
}

/** Writes text only where it differs, so that what stays needs no layout. */
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** The same; what has nothing to say is hidden. */
export function tell(element, text) {
  say(element, text);
  mark(element, 'hidden', !text);
}

/** Has a list hold these elements, in this order; what was there already keeps the focus. */
export function arrange(list, elements) {
  for (const child of [...list.children]) if (!elements.includes(child)) child.remove();
  elements.forEach((element, i) => {
    if (list.children[i] !== element) list.insertBefore(element, list.children[i] ?? null);
  });
}

/** The same as `say`, for text that is a node of its own. @param {Text} node */
export function write(node, text) {
  if (node.data !== text) node.data = text;
}

/** A part of a drawing. */
export function draw(tag, attributes, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) mark(element, name, value);
  element.append(...children);
  return element;
}

/** One of the page's symbols. */
export const icon = (name, kind = 'i') => draw('svg', {class: kind, 'aria-hidden': 'true'}, draw('use', {href: `#${name}`}));

/** Changes the symbol that an icon shows. */
export const swapIcon = (svg, name) => svg.querySelector('use').setAttribute('href', `#${name}`);

/** Whether single keys belong to the element rather than to the page. */
export const takesText = (element) => Boolean(element?.closest?.('input, textarea, select, [contenteditable]'));
