import { icon, type IconName } from './icons';

type Attributes = Record<string, string | number | boolean | null | undefined | ((event: never) => void)>;

/**
 * Make an element. Attributes starting with `on` are listeners; true is an empty attribute; false, null and
 * undefined leave it out. Children that are strings become text, never markup.
 */
export function h<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag, attributes: Attributes = {}, ...children: (Node | string | null | undefined | false)[]
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') element.addEventListener(name.slice(2), value as EventListener);
    else if (value === true) element.setAttribute(name, '');
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, String(value));
  }
  element.append(...children.filter((child): child is Node | string => Boolean(child)));
  return element;
}

/** A button with an icon; `label` is its visible text, or its accessible name where `iconOnly`. */
export function iconButton(
  name: IconName, label: string, press: () => void,
  options: { className?: string; iconOnly?: boolean; title?: string; pressed?: boolean } = {},
): HTMLButtonElement {
  return h('button', {
    type: 'button', class: options.className ?? '', title: options.title ?? (options.iconOnly ? label : null),
    'aria-label': options.iconOnly ? label : null,
    'aria-pressed': options.pressed === undefined ? null : String(options.pressed),
    onclick: press,
  }, icon(name), !options.iconOnly && h('span', {}, label));
}

export function setPressed(button: HTMLElement, pressed: boolean): void {
  button.setAttribute('aria-pressed', String(pressed));
}

/** Swap the icon of a button made by `iconButton`, and its words. */
export function relabel(button: HTMLElement, name: IconName, label: string): void {
  button.querySelector('svg')?.replaceWith(icon(name));
  const words = button.querySelector('span');
  if (words) words.textContent = label;
  else button.setAttribute('aria-label', label);
}

export function nextId(prefix: string): string {
  counter += 1;
  return `${prefix}-${counter}`;
}

let counter = 0;
