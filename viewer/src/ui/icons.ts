// Bootstrap Icons (MIT), only those in use, built into the bundle as text.
import activitySvg from 'bootstrap-icons/icons/activity.svg?raw';
import appSvg from 'bootstrap-icons/icons/app.svg?raw';
import arrowClockwiseSvg from 'bootstrap-icons/icons/arrow-clockwise.svg?raw';
import arrowCounterclockwiseSvg from 'bootstrap-icons/icons/arrow-counterclockwise.svg?raw';
import arrowDownUpSvg from 'bootstrap-icons/icons/arrow-down-up.svg?raw';
import arrowLeftSvg from 'bootstrap-icons/icons/arrow-left.svg?raw';
import arrowRepeatSvg from 'bootstrap-icons/icons/arrow-repeat.svg?raw';
import arrowsMoveSvg from 'bootstrap-icons/icons/arrows-move.svg?raw';
import badgeHdSvg from 'bootstrap-icons/icons/badge-hd.svg?raw';
import bookmarkStarSvg from 'bootstrap-icons/icons/bookmark-star.svg?raw';
import boxSvg from 'bootstrap-icons/icons/box.svg?raw';
import boxArrowUpRightSvg from 'bootstrap-icons/icons/box-arrow-up-right.svg?raw';
import brightnessHighSvg from 'bootstrap-icons/icons/brightness-high.svg?raw';
import bullseyeSvg from 'bootstrap-icons/icons/bullseye.svg?raw';
import calendarCheckSvg from 'bootstrap-icons/icons/calendar-check.svg?raw';
import checkCircleSvg from 'bootstrap-icons/icons/check-circle.svg?raw';
import chevronLeftSvg from 'bootstrap-icons/icons/chevron-left.svg?raw';
import chevronRightSvg from 'bootstrap-icons/icons/chevron-right.svg?raw';
import circleSvg from 'bootstrap-icons/icons/circle.svg?raw';
import circleHalfSvg from 'bootstrap-icons/icons/circle-half.svg?raw';
import clipboardDataSvg from 'bootstrap-icons/icons/clipboard-data.svg?raw';
import databaseSvg from 'bootstrap-icons/icons/database.svg?raw';
import downloadSvg from 'bootstrap-icons/icons/download.svg?raw';
import eraserSvg from 'bootstrap-icons/icons/eraser.svg?raw';
import exclamationTriangleSvg from 'bootstrap-icons/icons/exclamation-triangle.svg?raw';
import fileEarmarkMedicalSvg from 'bootstrap-icons/icons/file-earmark-medical.svg?raw';
import fileEarmarkPdfSvg from 'bootstrap-icons/icons/file-earmark-pdf.svg?raw';
import fileEarmarkTextSvg from 'bootstrap-icons/icons/file-earmark-text.svg?raw';
import filmSvg from 'bootstrap-icons/icons/film.svg?raw';
import fullscreenSvg from 'bootstrap-icons/icons/fullscreen.svg?raw';
import graphUpSvg from 'bootstrap-icons/icons/graph-up.svg?raw';
import gridSvg from 'bootstrap-icons/icons/grid.svg?raw';
import grid3x3Svg from 'bootstrap-icons/icons/grid-3x3.svg?raw';
import handIndexThumbSvg from 'bootstrap-icons/icons/hand-index-thumb.svg?raw';
import heartPulseSvg from 'bootstrap-icons/icons/heart-pulse.svg?raw';
import hourglassSplitSvg from 'bootstrap-icons/icons/hourglass-split.svg?raw';
import imagesSvg from 'bootstrap-icons/icons/images.svg?raw';
import keyboardSvg from 'bootstrap-icons/icons/keyboard.svg?raw';
import layersSvg from 'bootstrap-icons/icons/layers.svg?raw';
import layoutSplitSvg from 'bootstrap-icons/icons/layout-split.svg?raw';
import pauseFillSvg from 'bootstrap-icons/icons/pause-fill.svg?raw';
import pencilSvg from 'bootstrap-icons/icons/pencil.svg?raw';
import playSvg from 'bootstrap-icons/icons/play.svg?raw';
import playFillSvg from 'bootstrap-icons/icons/play-fill.svg?raw';
import questionCircleSvg from 'bootstrap-icons/icons/question-circle.svg?raw';
import rulersSvg from 'bootstrap-icons/icons/rulers.svg?raw';
import slidersSvg from 'bootstrap-icons/icons/sliders.svg?raw';
import soundwaveSvg from 'bootstrap-icons/icons/soundwave.svg?raw';
import squareSvg from 'bootstrap-icons/icons/square.svg?raw';
import symmetryHorizontalSvg from 'bootstrap-icons/icons/symmetry-horizontal.svg?raw';
import symmetryVerticalSvg from 'bootstrap-icons/icons/symmetry-vertical.svg?raw';
import threeDotsSvg from 'bootstrap-icons/icons/three-dots.svg?raw';
import triangleSvg from 'bootstrap-icons/icons/triangle.svg?raw';
import vectorPenSvg from 'bootstrap-icons/icons/vector-pen.svg?raw';
import volumeUpSvg from 'bootstrap-icons/icons/volume-up.svg?raw';
import wifiOffSvg from 'bootstrap-icons/icons/wifi-off.svg?raw';
import xLgSvg from 'bootstrap-icons/icons/x-lg.svg?raw';
import yinYangSvg from 'bootstrap-icons/icons/yin-yang.svg?raw';
import zoomInSvg from 'bootstrap-icons/icons/zoom-in.svg?raw';
import zoomOutSvg from 'bootstrap-icons/icons/zoom-out.svg?raw';

const SOURCES = {
  activity: activitySvg,
  app: appSvg,
  'arrow-clockwise': arrowClockwiseSvg,
  'arrow-counterclockwise': arrowCounterclockwiseSvg,
  'arrow-down-up': arrowDownUpSvg,
  'arrow-left': arrowLeftSvg,
  'arrow-repeat': arrowRepeatSvg,
  'arrows-move': arrowsMoveSvg,
  'badge-hd': badgeHdSvg,
  'bookmark-star': bookmarkStarSvg,
  box: boxSvg,
  'box-arrow-up-right': boxArrowUpRightSvg,
  'brightness-high': brightnessHighSvg,
  bullseye: bullseyeSvg,
  'calendar-check': calendarCheckSvg,
  'check-circle': checkCircleSvg,
  'chevron-left': chevronLeftSvg,
  'chevron-right': chevronRightSvg,
  circle: circleSvg,
  'circle-half': circleHalfSvg,
  'clipboard-data': clipboardDataSvg,
  database: databaseSvg,
  download: downloadSvg, eraser: eraserSvg,
  'exclamation-triangle': exclamationTriangleSvg,
  'file-earmark-medical': fileEarmarkMedicalSvg,
  'file-earmark-pdf': fileEarmarkPdfSvg,
  'file-earmark-text': fileEarmarkTextSvg,
  film: filmSvg,
  fullscreen: fullscreenSvg,
  'graph-up': graphUpSvg,
  grid: gridSvg,
  'grid-3x3': grid3x3Svg,
  'hand-index-thumb': handIndexThumbSvg,
  'heart-pulse': heartPulseSvg,
  'hourglass-split': hourglassSplitSvg,
  images: imagesSvg,
  keyboard: keyboardSvg,
  layers: layersSvg,
  'layout-split': layoutSplitSvg,
  'pause-fill': pauseFillSvg,
  pencil: pencilSvg,
  play: playSvg,
  'play-fill': playFillSvg,
  'question-circle': questionCircleSvg,
  rulers: rulersSvg,
  sliders: slidersSvg,
  soundwave: soundwaveSvg,
  square: squareSvg,
  'symmetry-horizontal': symmetryHorizontalSvg,
  'symmetry-vertical': symmetryVerticalSvg,
  'three-dots': threeDotsSvg,
  triangle: triangleSvg,
  'vector-pen': vectorPenSvg,
  'volume-up': volumeUpSvg,
  'wifi-off': wifiOffSvg,
  'x-lg': xLgSvg,
  'yin-yang': yinYangSvg,
  'zoom-in': zoomInSvg,
  'zoom-out': zoomOutSvg,
} as const;

export type IconName = keyof typeof SOURCES;

/** A decorative icon: hidden from screen readers, coloured by the text around it. */
export function icon(name: IconName): SVGSVGElement {
  const parsed = new DOMParser().parseFromString(SOURCES[name], 'image/svg+xml').documentElement;
  const svg = document.importNode(parsed, true) as unknown as SVGSVGElement;
  svg.setAttribute('class', 'pv-icon');
  svg.setAttribute('aria-hidden', 'true');
  return svg;
}
