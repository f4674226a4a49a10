import { ACTIONS, TOOLS, type ActionId, type ToolId } from '../tools/catalog';

const STORED = 'placa.viewer.single-keys';

/** What keys ask of the viewer. */
export interface KeyTarget {
  tool(tool: ToolId): void;
  action(action: ActionId): void;
  pan(dx: number, dy: number): void;
  window(dx: number, dy: number): void;
}

/** Single letters can be switched off (WCAG 2.1.4): they get in the way of speech input. */
export function singleKeys(): boolean {
  try {
    return localStorage.getItem(STORED) !== 'off';
  } catch {
    return true;
  }
}

export function setSingleKeys(on: boolean): void {
  try {
    localStorage.setItem(STORED, on ? 'on' : 'off');
  } catch {
    // Without storage the choice lasts as long as the page.
  }
}

const ARROWS: Record<string, [number, number]> = {
  ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0],
};

/** Listen for keys wherever no field, dialog or button of its own wants them. */
export function listenToKeys(target: KeyTarget): void {
  const listen = (event: KeyboardEvent): void => {
    const from = event.target as HTMLElement;
    if (event.ctrlKey || event.metaKey || from.closest('dialog, textarea, select, video, [data-keys]')) return;
    const arrow = ARROWS[event.key];
    const slider = from.matches('input');
    if (arrow && !slider && (event.shiftKey || event.altKey)) {
      event.preventDefault();
      if (event.shiftKey) target.pan(arrow[0] * 20, arrow[1] * 20);
      else target.window(arrow[0] * 10, arrow[1] * 10);
      return;
    }
    if (event.altKey || (slider && event.key.length > 1)) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if (event.key.length === 1 && !singleKeys() && key !== '?') return;
    const tool = TOOLS.find((one) => one.key === key);
    const action = ACTIONS.find((one) => one.keys.includes(key === '=' ? '+' : key));
    if (!tool && !action) return;
    event.preventDefault();
    if (tool) target.tool(tool.id);
    else if (action) target.action(action.id);
  };
  document.addEventListener('keydown', listen, { capture: true });
}
