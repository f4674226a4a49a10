import { h, nextId } from './dom';

/** A list of buttons that opens under a button. The browser closes it on Escape and on a press elsewhere. */
export class Menu {
  readonly element: HTMLElement;

  constructor(private readonly button: HTMLButtonElement, label: string, items: readonly HTMLButtonElement[]) {
    const id = nextId('menu');
    this.element = h('div', { class: 'pv-menu', id, popover: 'auto', role: 'group', 'aria-label': label }, ...items);
    button.setAttribute('aria-expanded', 'false');
    button.setAttribute('aria-controls', id);
    button.addEventListener('click', () => this.element.togglePopover());
    this.element.addEventListener('toggle', (event) => this.toggled((event as ToggleEvent).newState === 'open'));
    // items may come and go: see the toolbar
    this.element.addEventListener('click', (event) => {
      if ((event.target as Element).closest('button')) this.element.hidePopover();
    });
    this.element.addEventListener('keydown', (event) => this.step(event));
  }

  private toggled(open: boolean): void {
    this.button.setAttribute('aria-expanded', String(open));
    if (!open) return;
    const at = this.button.getBoundingClientRect();
    const left = Math.max(8, Math.min(at.left, window.innerWidth - this.element.offsetWidth - 8));
    this.element.style.left = `${left}px`;
    this.element.style.top = `${at.bottom + 4}px`;
    this.element.style.maxHeight = `${window.innerHeight - at.bottom - 12}px`;
    this.element.querySelector('button')?.focus();
  }

  private step(event: KeyboardEvent): void {
    const by = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    if (!by) return;
    event.preventDefault();
    event.stopPropagation();
    const items = [...this.element.querySelectorAll<HTMLButtonElement>('button:enabled')];
    items[(items.indexOf(document.activeElement as HTMLButtonElement) + by + items.length) % items.length]?.focus();
  }
}
