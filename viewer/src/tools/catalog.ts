import type { IconName } from '../ui/icons';
import type { MessageKey } from '../i18n';

/** What a drag with the main button or one finger does. */
export type ToolId =
  | 'scroll' | 'window' | 'zoom' | 'pan' | 'magnify' | 'locate'
  | 'length' | 'angle' | 'ellipse' | 'rectangle' | 'probe' | 'note';

/** What happens once. */
export type ActionId =
  | 'rotate' | 'flipH' | 'flipV' | 'invert' | 'reset' | 'fullscreen' | 'cine' | 'clear' | 'report' | 'help'
  | 'next' | 'previous' | 'forward10' | 'back10' | 'first' | 'last' | 'zoomIn' | 'zoomOut'
  | 'nextSeries' | 'previousSeries' | FullAction;

/** What only the full look has. */
type FullAction =
  | 'layout1' | 'layout2' | 'layout3' | 'layout4' | 'key' | 'nextKey' | 'link' | 'linkLook' | 'lines' | 'mpr' | 'compare' | 'tags' | 'save' | 'print'
  | 'secondWindow';

export interface ToolInfo {
  id: ToolId;
  icon: IconName;
  label: MessageKey;
  key: string;
}

export interface ActionInfo {
  id: ActionId;
  icon: IconName | null;
  label: MessageKey;
  /** Values of `KeyboardEvent.key`; single letters in lower case. */
  keys: readonly string[];
}

export const MOVE_TOOLS: readonly ToolInfo[] = [
  { id: 'scroll', icon: 'arrow-down-up', label: 'toolScroll', key: 's' },
  { id: 'window', icon: 'circle-half', label: 'toolWindow', key: 'w' },
  { id: 'zoom', icon: 'zoom-in', label: 'toolZoom', key: 'z' },
  { id: 'pan', icon: 'arrows-move', label: 'toolPan', key: 'm' },
  { id: 'magnify', icon: 'search', label: 'toolMagnify', key: 'g' },
];

export const MEASURE_TOOLS: readonly ToolInfo[] = [
  { id: 'length', icon: 'rulers', label: 'toolLength', key: 'l' },
  { id: 'angle', icon: 'triangle', label: 'toolAngle', key: 'a' },
  { id: 'ellipse', icon: 'circle', label: 'toolEllipse', key: 'e' },
  { id: 'rectangle', icon: 'square', label: 'toolRectangle', key: 'q' },
  { id: 'probe', icon: 'record-circle', label: 'toolProbe', key: 'p' },
  { id: 'note', icon: 'cursor-text', label: 'toolNote', key: 't' },
];

export const LOCATE_TOOL: ToolInfo = { id: 'locate', icon: 'crosshair', label: 'toolLocate', key: 'x' };

export const TOOLS: readonly ToolInfo[] = [...MOVE_TOOLS, LOCATE_TOOL, ...MEASURE_TOOLS];

const FULL_ACTIONS: readonly (ActionInfo & { id: FullAction })[] = [
  { id: 'layout1', icon: 'app', label: 'layout1', keys: ['1'] },
  { id: 'layout2', icon: 'layout-split', label: 'layout2', keys: ['2'] },
  { id: 'layout3', icon: 'hr', label: 'layout3', keys: ['3'] },
  { id: 'layout4', icon: 'grid', label: 'layout4', keys: ['4'] },
  { id: 'key', icon: 'bookmark-star', label: 'keyMark', keys: ['u'] },
  { id: 'nextKey', icon: null, label: 'keyNext', keys: ['.'] },
  { id: 'link', icon: 'link-45deg', label: 'actionLink', keys: ['k'] },
  { id: 'linkLook', icon: 'aspect-ratio', label: 'actionLinkLook', keys: ['j'] },
  { id: 'lines', icon: 'plus-lg', label: 'actionLines', keys: ['y'] },
  { id: 'mpr', icon: 'box', label: 'actionMpr', keys: ['5'] },
  { id: 'compare', icon: 'layout-split', label: 'actionCompare', keys: ['o'] },
  { id: 'save', icon: 'download', label: 'actionSave', keys: ['6'] },
  { id: 'print', icon: 'printer', label: 'actionPrint', keys: ['7'] },
  { id: 'tags', icon: 'tags', label: 'actionTags', keys: ['8'] },
  { id: 'secondWindow', icon: 'window-plus', label: 'actionSecondWindow', keys: ['9'] },
];

export const ACTIONS: readonly ActionInfo[] = [
  { id: 'next', icon: null, label: 'actionNext', keys: ['ArrowDown', 'ArrowRight'] },
  { id: 'previous', icon: null, label: 'actionPrevious', keys: ['ArrowUp', 'ArrowLeft'] },
  { id: 'forward10', icon: null, label: 'actionForward10', keys: ['PageDown'] },
  { id: 'back10', icon: null, label: 'actionBack10', keys: ['PageUp'] },
  { id: 'first', icon: null, label: 'actionFirst', keys: ['Home'] },
  { id: 'last', icon: null, label: 'actionLast', keys: ['End'] },
  { id: 'nextSeries', icon: null, label: 'actionNextSeries', keys: ['n'] },
  { id: 'previousSeries', icon: null, label: 'actionPreviousSeries', keys: ['b'] },
  { id: 'zoomIn', icon: 'zoom-in', label: 'actionZoomIn', keys: ['+'] },
  { id: 'zoomOut', icon: 'zoom-out', label: 'actionZoomOut', keys: ['-'] },
  { id: 'rotate', icon: 'arrow-clockwise', label: 'actionRotate', keys: ['r'] },
  { id: 'flipH', icon: 'symmetry-vertical', label: 'actionFlipH', keys: ['h'] },
  { id: 'flipV', icon: 'symmetry-horizontal', label: 'actionFlipV', keys: ['v'] },
  { id: 'invert', icon: 'yin-yang', label: 'actionInvert', keys: ['i'] },
  { id: 'reset', icon: 'arrow-counterclockwise', label: 'actionReset', keys: ['0'] },
  { id: 'cine', icon: 'play', label: 'actionCine', keys: ['c'] },
  { id: 'fullscreen', icon: 'fullscreen', label: 'actionFullscreen', keys: ['f'] },
  { id: 'clear', icon: 'eraser', label: 'actionClear', keys: ['Delete'] },
  { id: 'report', icon: 'file-earmark-text', label: 'report', keys: ['d'] },
  ...FULL_ACTIONS,
  { id: 'help', icon: 'keyboard', label: 'keyboardTitle', keys: ['?'] },
];

/** The action with this id; the list above is complete by its type. */
export function action(id: ActionId): ActionInfo {
  const found = ACTIONS.find((one) => one.id === id);
  if (!found) throw new Error(`No action ${id}`);
  return found;
}

export function isFullOnly(id: ActionId): boolean {
  return FULL_ACTIONS.some((one) => one.id === id);
}

/** True for tools that read or draw on real grey values. */
export function needsPixels(tool: ToolId): boolean {
  return tool === 'magnify' || MEASURE_TOOLS.some(({ id }) => id === tool);
}
