/** Measurements, drawn and edited by Cornerstone's tools; loaded together with the pixels. */
import { cache, eventTarget, metaData, type Types as Core } from '@cornerstonejs/core';
import {
  AngleTool, annotation, ArrowAnnotateTool, cancelActiveManipulations, EllipticalROITool, Enums, init, LengthTool, ProbeTool, RectangleROITool,
  ToolGroupManager, addTool, type Types, utilities,
} from '@cornerstonejs/tools';
import { isMeasuring } from '../core/gestures';
import { ENGINE_ID } from '../core/pixels';
import { typeOf } from '../core/true-greys';
import type { Translate } from '../i18n';
import type { ToolId } from './catalog';
import { statsOf, valuesOf, type KeptItem } from './kept';
import { measurementLines, type MeasurementStats } from './measurement-text';
import { overPixels } from './statistics';

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
  /** Measurements that were kept, by UID: what they say until their image is on screen. */
  private readonly kept = new Map<string, KeptItem>();

  constructor(
    private readonly t: Translate, private readonly changed: () => void,
    /** Ask for the words of a note; '' where there shall be none. */
    private readonly askNote: (done: (words: string) => void) => void,
  ) {
    init();
    this.style();
    this.group = ToolGroupManager.createToolGroup(GROUP);
    for (const tool of Object.values(CLASSES)) {
      addTool(tool);
      this.group?.addTool(tool.toolName, {
        // the box's tool names a list of targets, the others one
        getTextLines: (data: { cachedStats: Record<string, MeasurementStats> }, targets: string | string[]) =>
          measurementLines(withImage(String(targets), data.cachedStats[String(targets)]), this.t),
        getTextCallback: this.askNote, statsCalculator: overPixels,
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
      // a note without words is still being written
      if (!tool || !one.annotationUID || (tool === 'note' && !one.data.label)) return [];
      return [{
        uid: one.annotationUID, tool,
        lines: tool === 'note' ? [one.data.label ?? ''] : (measurementLines(this.statsOf(one), this.t) ?? []),
        instanceUid: instanceOf(one),
      }];
    });
  }

  /** What a measurement says of its image, or what was kept of it as long as that image is not here. */
  private statsOf(one: Types.Annotation): MeasurementStats | undefined {
    const [target = '', stats] = Object.entries((one.data.cachedStats ?? {}) as Record<string, MeasurementStats>)[0] ?? [];
    const computed = withImage(target, stats);
    const kept = this.kept.get(one.annotationUID ?? '');
    return valuesOf(computed).length || !kept ? computed : statsOf(kept.values);
  }

  /** All measurements as the portal keeps them. */
  items(): KeptItem[] {
    const tools = Object.entries(CLASSES) as [MeasureId, (typeof CLASSES)[MeasureId]][];
    return annotation.state.getAllAnnotations().flatMap((one) => {
      const tool = tools.find(([, type]) => type.toolName === one.metadata?.toolName)?.[0];
      const place = placeOf(one.metadata?.referencedImageId);
      const points = (one.data.handles?.points ?? []).map((point) => [...point]);
      if (!tool || !place || !points.length || (tool === 'note' && !one.data.label)) return [];
      const image = points.map((point) => inImage(one.metadata?.referencedImageId ?? '', point)).filter((point) => point.length);
      const { viewPlaneNormal: normal, viewUp: up } = one.metadata ?? {};
      return [{
        tool, ...place, points, image: image.length ? image : (this.kept.get(one.annotationUID ?? '')?.image ?? []),
        ...(normal && { normal: [...normal] }), ...(up && { up: [...up] }),
        values: valuesOf(this.statsOf(one)), ...(one.data.label && { text: one.data.label.slice(0, 500) }),
      }];
    });
  }

  /**
   * Put a kept measurement back; `imageId` and `space` (frame of reference) of its image as the engine names them.
   * @returns false for a tool that is not known here.
   */
  restore(item: KeptItem, imageId: string, space: string): boolean {
    const type = CLASSES[item.tool as MeasureId];
    if (!type) return false;
    const none = [0, 0, 0];
    const uid = annotation.state.addAnnotation({
      highlighted: false, invalidated: true, isLocked: false, isVisible: true,
      metadata: {
        toolName: type.toolName, referencedImageId: imageId, FrameOfReferenceUID: space,
        ...(item.normal && { viewPlaneNormal: item.normal }), ...(item.up && { viewUp: item.up }),
      },
      data: {
        label: item.text ?? '', cachedStats: {},
        handles: {
          points: item.points, activeHandleIndex: null,
          textBox: { hasMoved: false, worldPosition: none, worldBoundingBox: { topLeft: none, topRight: none, bottomLeft: none, bottomRight: none } },
        },
      },
    } as never, space);
    this.kept.set(uid, item);
    return true;
  }

  /** After restoring: draw and tell. */
  restored(): void {
    this.redraw();
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

/** What is measured with what only the image tells, the value at a point and the unit; they stay when it leaves the engine's cache. */
function withImage(target: string, stats: MeasurementStats | undefined): MeasurementStats | undefined {
  const image = stats && cache.getImage(target.replace(/^imageId:/, ''));
  if (!stats || !image) return stats;
  const value = stats.index ? valueAt(image, stats.index) : null;
  if (value !== null) stats.value = value;
  // Cornerstone says HU of whatever a CT sends, and of PET nothing
  if (['HU', 'unitless'].includes(stats.modalityUnit ?? '')) stats.modalityUnit = typeOf(image);
  return stats;
}

/**
 * The value of one image at a point. Cornerstone's probe looks for it in slice `index[2]` of the stack, but holds one image: it
 * finds none but in the first.
 */
function valueAt(image: Core.IImage, [column, row]: ArrayLike<number> & Iterable<number>): number | readonly number[] | null {
  const value = image.voxelManager?.getAtIJK(column as number, row as number, 0) as number | ArrayLike<number> | undefined;
  return value === undefined ? null : typeof value === 'number' ? value : Array.from(value);
}

/** Series, instance and frame in an image's address. */
function placeOf(imageId: string | undefined): { series: string; instance: string; frame: number } | null {
  const [, series, instance, frame] = /\/series\/([^/]+)\/instances\/([^/]+)\/frames\/(\d+)/.exec(imageId ?? '') ?? [];
  return series && instance && frame ? { series, instance, frame: Number(frame) } : null;
}

interface Plane {
  rowCosines?: number[] | null; columnCosines?: number[] | null; imagePositionPatient?: number[] | null;
  rowPixelSpacing?: number | null; columnPixelSpacing?: number | null;
}

/** Column and row of a point in patient coordinates, the first pixel from 0 to 1 (PS3.3 C.18.6.1.1); none before its image is known. */
function inImage(imageId: string, point: number[]): number[] {
  const plane = metaData.get('imagePlaneModule', imageId) as Plane | undefined;
  const origin = plane?.imagePositionPatient;
  if (!plane || !origin) return [];
  const along = (axis: number[] | null | undefined, spacing: number | null | undefined) =>
    point.reduce((sum, value, at) => sum + (value - (origin[at] ?? 0)) * (axis?.[at] ?? 0), 0) / (spacing || 1) + 0.5;
  return [along(plane.rowCosines, plane.columnPixelSpacing), along(plane.columnCosines, plane.rowPixelSpacing)];
}

function instanceOf(one: Types.Annotation): string {
  const imageId = one.metadata?.referencedImageId;
  const common = imageId ? (metaData.get('sopCommonModule', imageId) as { sopInstanceUID?: string } | undefined) : undefined;
  return common?.sopInstanceUID ?? placeOf(imageId)?.instance ?? '';
}
