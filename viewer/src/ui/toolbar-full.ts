import type { Viewer } from '../app/viewer';
import type { Layout } from '../core/layout';
import type { MessageKey } from '../i18n';
import { action, LOCATE_TOOL, MEASURE_TOOLS, MOVE_TOOLS, needsPixels, type ActionId, type ToolId, type ToolInfo } from '../tools/catalog';
import { h, iconButton, relabel, setPressed } from './dom';
import { Menu } from './menu';

const LAYOUT_ACTIONS: Record<Layout, ActionId> = { '1x1': 'layout1', '1x2': 'layout2', '2x1': 'layout3', '2x2': 'layout4' };

/** Who goes into the menu first where the row is too narrow; those that are not named stay. */
const LEAVING: readonly (ToolId | ActionId | 'marks' | 'presets')[] = [
  'lines', 'note', 'probe', 'rectangle', 'flipH', 'rotate', 'key', 'link', 'locate', 'ellipse', 'angle', 'invert', 'magnify', 'marks', 'cine',
  'reset', 'presets', 'mpr', 'length', 'zoom', 'pan',
];

/** The row of tools of the full look. What does not fit into its width is the first part of the menu at its end. */
export class FullToolbar {
  readonly element: HTMLElement;
  readonly presets: HTMLButtonElement;
  readonly marks: HTMLButtonElement;
  private readonly tools = new Map<ToolId, HTMLButtonElement>();
  private readonly actions = new Map<ActionId, HTMLButtonElement>();
  private readonly layout: HTMLButtonElement;
  private readonly more: HTMLButtonElement;
  /** Everything in the row, in order; the menu's own items begin at `rest`. */
  private readonly row: readonly HTMLElement[];
  private readonly menus: HTMLElement;
  private readonly rest = h('hr', { 'aria-hidden': 'true' });
  private readonly leaving: readonly HTMLButtonElement[];

  constructor(private readonly viewer: Viewer, togglePresets: () => void, toggleMarks: () => void) {
    const { t } = viewer;
    this.presets = iconButton('sliders', t('presets'), togglePresets, { pressed: false });
    this.marks = iconButton('layers', t('marks'), toggleMarks, { pressed: false });
    this.layout = iconButton('app', t('layout'), () => undefined, { title: t('layout') });
    this.more = iconButton('three-dots', t('moreMenu'), () => undefined);
    const layouts = new Menu(this.layout, t('layout'), Object.values(LAYOUT_ACTIONS).map((id) => this.item(id)));
    const others = new Menu(this.more, t('moreMenu'), (
      ['clear', 'flipV', 'linkLook', 'fullscreen', 'secondWindow', 'save', 'print', 'tags'] as const).map((id) => this.item(id)));
    others.element.prepend(this.rest);
    const rule = () => h('hr', { 'aria-hidden': 'true' });
    this.row = [
      ...MOVE_TOOLS.map((tool) => this.tool(tool)), rule(),
      ...MEASURE_TOOLS.map((tool) => this.tool(tool)), this.action('key', 'keyShort'), rule(),
      this.action('rotate'), this.action('flipH'), this.action('invert'), this.action('cine'), rule(),
      this.action('link'), this.action('lines'), this.tool(LOCATE_TOOL), this.action('mpr'), this.layout, rule(),
      this.presets, this.marks, this.action('reset'), this.more,
    ];
    this.menus = layouts.element;
    this.leaving = LEAVING.map((id) => (id === 'marks' || id === 'presets'
      ? this[id] : (this.tools.get(id as ToolId) ?? this.actions.get(id as ActionId)) as HTMLButtonElement));
    this.element = h('div', { class: 'p-vf__tools', role: 'toolbar', 'aria-label': t('tools') }, ...this.row, layouts.element, others.element);
    new ResizeObserver(() => window.requestAnimationFrame(() => this.fit())).observe(this.element);
    document.fonts.addEventListener('loadingdone', () => this.fit()); // its letters are narrower than those before it
  }

  /** Put as much into the row as there is room for; the rest, in the same order, into the menu. */
  private fit(): void {
    const gone = new Set<HTMLElement>();
    const focused = document.activeElement as HTMLElement | null;
    const lay = () => {
      for (const one of this.row) {
        one.classList.toggle('pv-item', gone.has(one));
        if (gone.has(one)) this.rest.before(one);
        else this.menus.before(one);
      }
      this.rest.hidden = !gone.size;
    };
    const overflows = () => this.element.scrollWidth > this.element.clientWidth;
    lay();
    this.element.classList.remove('is-tight');
    this.element.classList.toggle('is-tight', overflows()); // the rules between groups go first
    for (const next of this.leaving) {
      if (!overflows()) break;
      gone.add(next);
      lay();
    }
    this.markMore();
    // moving an element takes the focus from it
    if (focused && focused !== document.activeElement && this.element.contains(focused)) (gone.has(focused) ? this.more : focused).focus();
  }

  /** The menu's button tells that the tool in the hand is in the menu. */
  private markMore(): void {
    this.more.classList.toggle('is-on', this.tools.get(this.viewer.tool)?.classList.contains('pv-item') ?? false);
  }

  private tool(tool: ToolInfo): HTMLButtonElement {
    const { t } = this.viewer;
    const button = iconButton(tool.icon, t(tool.label), () => this.viewer.select(tool.id), {
      pressed: false, title: `${t(tool.label)} (${tool.key.toUpperCase()})`,
    });
    this.tools.set(tool.id, button);
    return button;
  }

  /** @param words shorter ones than the action's name, where there are; they must be part of it */
  private action(id: ActionId, words?: MessageKey): HTMLButtonElement {
    const { t } = this.viewer;
    const { icon, label, keys } = action(id);
    const button = iconButton(icon ?? 'three-dots', t(words ?? label), () => this.viewer.act(id), {
      title: keys[0] ? `${t(label)} (${keys[0].toUpperCase()})` : t(label),
    });
    if (words) button.setAttribute('aria-label', t(label));
    this.actions.set(id, button);
    return button;
  }

  private item(id: ActionId): HTMLButtonElement {
    const button = this.action(id);
    button.className = 'pv-item';
    const key = action(id).keys[0];
    if (key?.length === 1) button.append(h('kbd', { 'aria-hidden': 'true' }, key.toUpperCase()));
    return button;
  }

  private press(id: ActionId, pressed: boolean): void {
    const button = this.actions.get(id);
    if (button) setPressed(button, pressed);
  }

  update(): void {
    const { viewer } = this;
    const { pane } = viewer.active;
    const image = pane.series?.kind === 'image';
    for (const [id, button] of this.tools) {
      setPressed(button, viewer.tool === id);
      if (needsPixels(id)) button.disabled = viewer.pixels === 'impossible';
    }
    for (const [layout, id] of Object.entries(LAYOUT_ACTIONS)) this.press(id, viewer.layout === layout);
    const { icon, label } = action(LAYOUT_ACTIONS[viewer.layout]);
    relabel(this.layout, icon ?? 'app', viewer.t(label));
    this.layout.setAttribute('aria-label', `${viewer.t('layout')}: ${viewer.t(label)}`);
    this.press('link', viewer.links.scroll);
    this.press('linkLook', viewer.links.look);
    this.press('lines', viewer.links.lines);
    this.press('mpr', viewer.mpr.state !== 'off');
    this.press('key', viewer.keys.isOwn(pane.stack[pane.shownIndex]));
    this.markMore();
    this.press('invert', pane.view.invert);
    this.press('cine', viewer.cine.playing);
    const cine = this.actions.get('cine');
    if (!cine) return;
    relabel(cine, viewer.cine.playing ? 'pause-fill' : 'play', viewer.t('actionCine'));
    cine.disabled = !image || pane.stack.length < 2;
  }
}
