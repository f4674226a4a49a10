import type { IconName } from '../ui/icons';
import type { MessageKey } from '../i18n';

/** What a drag with the main button or one finger does. */
export type ToolId = 'scroll' | 'window' | 'zoom' | 'pan' | 'length' | 'angle' | 'ellipse' | 'rectangle';

/** What happens once. */
export type ActionId =
  | 'rotate' | 'flipH' | 'flipV' | 'invert' | 'reset' | 'fullscreen' | 'cine' | 'clear' | 'report' | 'help'
  | 'next' | 'previous' | 'forward10' | 'back10' | 'first' | 'last' | 'zoomIn' | 'zoomOut'
  | 'nextSeries' | 'previousSeries' | 'layout1' | 'layout2' | 'layout4';

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
];

export const MEASURE_TOOLS: readonly ToolInfo[] = [
  { id: 'length', icon: 'rulers', label: 'toolLength', key: 'l' },
  { id: 'angle', icon: 'triangle', label: 'toolAngle', key: 'a' },
  { id: 'ellipse', icon: 'circle', label: 'toolEllipse', key: 'e' },
  { id: 'rectangle', icon: 'square', label: 'toolRectangle', key: 'q' },
];

export const TOOLS: readonly ToolInfo[] = [...MOVE_TOOLS, ...MEASURE_TOOLS];

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
  { id: 'layout1', icon: 'app', label: 'layout1', keys: ['1'] },
  { id: 'layout2', icon: 'layout-split', label: 'layout2', keys: ['2'] },
  { id: 'layout4', icon: 'grid', label: 'layout4', keys: ['4'] },
  { id: 'help', icon: 'keyboard', label: 'keyboardTitle', keys: ['?'] },
];

/** The action with this id; the list above is complete by its type. */
export function action(id: ActionId): ActionInfo {
  const found = ACTIONS.find((one) => one.id === id);
  if (!found) throw new Error(`No action ${id}`);
  return found;
}
