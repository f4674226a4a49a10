/** Measurements, drawn and edited by Cornerstone's tools; loaded together with the pixels. */
import { cache, eventTarget, metaData } from '@cornerstonejs/core';
import {
  AngleTool, annotation, ArrowAnnotateTool, cancelActiveManipulations, EllipticalROITool, Enums, init, LengthTool, ProbeTool, RectangleROITool,
  ToolGroupManager, addTool, type Types, utilities,
} from '@cornerstonejs/tools';
import { isMeasuring } from '../core/gestures';
import { ENGINE_ID } from '../core/pixels';
import type { ToolId } from './catalog';
import { measurementLines, type MeasurementStats } from './measurement-text';

const CLASSES = { length: LengthTool, angle: AngleTool, ellipse: EllipticalROITool, rectangle: RectangleROITool, probe: ProbeTool, note: ArrowAnnotateTool };
type MeasureId = keyof typeof CLASSES;
const GROUP = 'placa';

/** One measurement as the panel and the tests see it. */
export interface Measurement {
  uid: string;
  tool: MeasureId;
  lines: string[];
  instanceUid: string;
}

const events = Enums.Events;

/** All measurements of the page, over every pane. */
export class Annotations {
  private readonly group;

  constructor(
    private readonly language: string, private readonly changed: () => void,
    /** Ask for the words of a note; '' where there shall be none. */
    private readonly askNote: (done: (words: string) => void) => void,
  ) {
    init();
    this.style();
    this.group = ToolGroupManager.createToolGroup(GROUP);
    for (const tool of Object.values(CLASSES)) {
      addTool(tool);
      this.group?.addTool(tool.toolName, {
        getTextLines: (data: { cachedStats: Record<string, MeasurementStats> }, target: string) =>
          this.lines(target, data.cachedStats[target]),
        getTextCallback: this.askNote,
      });
      this.group?.setToolEnabled(tool.toolName);
    }
    for (const name of [events.ANNOTATION_COMPLETED, events.ANNOTATION_MODIFIED, events.ANNOTATION_REMOVED]) {
      eventTarget.addEventListener(name, () => this.changed());
    }
  }

  addPane(viewportId: string): void {
    this.group?.addViewport(viewportId, ENGINE_ID);
  }

  removePane(viewportId: string): void {
    this.group?.removeViewports(ENGINE_ID, viewportId);
  }

  /** Let the main button draw with `tool`; with a moving tool measurements are seen and not touched. */
  select(tool: ToolId): void {
    const chosen = isMeasuring(tool) ? CLASSES[tool as MeasureId] : null;
    for (const one of Object.values(CLASSES)) {
      if (one === chosen) continue;
      if (chosen) this.group?.setToolPassive(one.toolName);
      else this.group?.setToolEnabled(one.toolName);
    }
    if (chosen) {
      this.group?.setToolActive(chosen.toolName, { bindings: [{ mouseButton: Enums.MouseBindings.Primary }] });
    }
  }

  list(): Measurement[] {
    const tools = Object.entries(CLASSES) as [MeasureId, (typeof CLASSES)[MeasureId]][];
    return annotation.state.getAllAnnotations().flatMap((one) => {
      const tool = tools.find(([, type]) => type.toolName === one.metadata?.toolName)?.[0];
      const [target = '', stats] = Object.entries((one.data.cachedStats ?? {}) as Record<string, MeasurementStats>)[0] ?? [];
      // a note without words is still being written
      if (!tool || !one.annotationUID || (tool === 'note' && !one.data.label)) return [];
      return [{
        uid: one.annotationUID, tool,
        lines: tool === 'note' ? [one.data.label ?? ''] : (this.lines(target, stats) ?? []),
        instanceUid: instanceOf(one),
      }];
    });
  }

  /** What a measurement says of the image `target` names. */
  private lines(target: string, stats: MeasurementStats | undefined): string[] | undefined {
    return measurementLines(stats?.index ? { ...stats, value: valueAt(target, stats.index) } : stats, this.language);
  }

  remove(uid: string): void {
    annotation.state.removeAnnotation(uid);
    this.redraw();
  }

  /** Remove the selected measurements, else all of them. */
  clear(): void {
    const selected = annotation.selection.getAnnotationsSelected();
    const gone = selected.length ? selected : this.list().map(({ uid }) => uid);
    for (const uid of gone) annotation.state.removeAnnotation(uid);
    this.redraw();
  }

  cancel(element: HTMLDivElement): void {
    cancelActiveManipulations(element);
  }

  private redraw(): void {
    utilities.triggerAnnotationRenderForViewportIds(this.group?.getViewportIds() ?? []);
    this.changed();
  }

  private style(): void {
    annotation.config.style.setDefaultToolStyles({
      global: {
        ...annotation.config.style.getDefaultToolStyles().global,
        color: '#ffd84d', colorHighlighted: '#fff1b0', colorSelected: '#ffe98f', colorLocked: '#ffd84d',
        lineWidth: '1.75', lineDash: '', shadow: true,
        textBoxColor: '#ffd84d', textBoxColorHighlighted: '#fff1b0', textBoxColorSelected: '#ffe98f',
        textBoxFontFamily: 'Figtree Variable, Figtree, system-ui, sans-serif', textBoxFontSize: '15px',
        textBoxLinkLineWidth: '1', textBoxLinkLineDash: '2,3',
      },
    } as never);
  }
}

/**
 * The value of one image at a point. Cornerstone's probe looks for it in slice `index[2]` of the stack, but holds one image: it
 * finds none but in the first.
 */
function valueAt(target: string, [column, row]: ArrayLike<number> & Iterable<number>): number | readonly number[] | null {
  const image = cache.getImage(target.replace(/^imageId:/, ''));
  const value = image?.voxelManager?.getAtIJK(column as number, row as number, 0) as number | ArrayLike<number> | undefined;
  return value === undefined ? null : typeof value === 'number' ? value : Array.from(value);
}

function instanceOf(one: Types.Annotation): string {
  const imageId = one.metadata?.referencedImageId;
  const common = imageId ? (metaData.get('sopCommonModule', imageId) as { sopInstanceUID?: string } | undefined) : undefined;
  return common?.sopInstanceUID ?? '';
}
