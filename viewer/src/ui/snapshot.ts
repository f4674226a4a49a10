/** The image of a pane as it is on screen, for a file or for paper. */
import type { PaneView } from './pane-view';

const BLACK = '#000';

/**
 * What a pane shows, in device pixels: image, marks, measurements, lines and scale; with `words` also the corners and the letters
 * that say where is what.
 */
export async function snapshot(view: PaneView, words: boolean): Promise<HTMLCanvasElement> {
  const { stage } = view.pane;
  const scale = Math.max(1, window.devicePixelRatio);
  const [width, height] = [stage.clientWidth, stage.clientHeight];
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [Math.round(width * scale), Math.round(height * scale)];
  const pen = canvas.getContext('2d');
  if (!pen) throw new Error('No canvas');
  pen.scale(scale, scale);
  pen.fillStyle = BLACK;
  pen.fillRect(0, 0, width, height);
  drawImage(pen, view, width, height);
  const marks = view.element.querySelector<HTMLCanvasElement>('.pv-marks');
  if (marks?.width) pen.drawImage(marks, 0, 0, width, height);
  for (const svg of view.element.querySelectorAll<SVGSVGElement>('.svg-layer, .pv-lines')) await drawSvg(pen, svg, width, height);
  if (words) drawWords(pen, view.element, stage.getBoundingClientRect());
  return canvas;
}

/** The engine's canvas where it shows, else the picture with the same transform as on screen. */
function drawImage(pen: CanvasRenderingContext2D, { pane }: PaneView, width: number, height: number): void {
  const engine = pane.pixelsShown ? pane.glElement.querySelector('canvas') : null;
  if (engine) return pen.drawImage(engine, 0, 0, width, height);
  const picture = pane.jpeg.element.querySelector<HTMLImageElement | HTMLCanvasElement>('img, canvas');
  if (!picture) return;
  const [w, h] = picture instanceof HTMLImageElement ? [picture.naturalWidth, picture.naturalHeight] : [picture.width, picture.height];
  const fit = Math.min(width / w, height / h);
  pen.save();
  pen.translate(width / 2, height / 2);
  const { a, b, c, d, e, f } = new DOMMatrix(window.getComputedStyle(picture).transform);
  pen.transform(a, b, c, d, e, f);
  if (pane.view.invert) pen.filter = 'invert(1)';
  pen.drawImage(picture, (-w * fit) / 2, (-h * fit) / 2, w * fit, h * fit);
  pen.restore();
}

const DRAWN = ['fill', 'stroke', 'stroke-width', 'stroke-dasharray', 'font-size', 'font-family', 'opacity', 'paint-order'] as const;

/** An SVG loses the page's style sheets on the way into a picture: what they say is written into a copy. */
async function drawSvg(pen: CanvasRenderingContext2D, svg: SVGSVGElement, width: number, height: number): Promise<void> {
  const copy = svg.cloneNode(true) as SVGSVGElement;
  const originals = [...svg.querySelectorAll('*')];
  [...copy.querySelectorAll('*')].forEach((element, index) => {
    const style = window.getComputedStyle(originals[index] as Element);
    for (const name of DRAWN) element.setAttribute(name, style.getPropertyValue(name));
  });
  copy.setAttribute('width', String(width));
  copy.setAttribute('height', String(height));
  const url = URL.createObjectURL(new Blob([new XMLSerializer().serializeToString(copy)], { type: 'image/svg+xml' }));
  try {
    const image = new Image();
    image.src = url;
    await image.decode();
    pen.drawImage(image, 0, 0, width, height);
  } finally {
    URL.revokeObjectURL(url);
  }
}

function drawWords(pen: CanvasRenderingContext2D, pane: HTMLElement, box: DOMRect): void {
  pen.textBaseline = 'middle';
  for (const line of pane.querySelectorAll<HTMLElement>('.p-c:not([hidden]) > div, .p-c--l, .p-c--r, .p-c--t, .p-c--b')) {
    const words = line.textContent ?? '';
    const at = line.getBoundingClientRect();
    if (!words || !at.width) continue;
    const style = window.getComputedStyle(line);
    pen.font = `${style.fontWeight} ${style.fontSize} ${style.fontFamily}`;
    pen.fillStyle = style.color;
    const lines = line.classList.contains('is-told') ? broken(pen, words, at.width) : [words];
    const high = at.height / lines.length;
    lines.forEach((one, index) => pen.fillText(one, at.left - box.left, at.top - box.top + high * (index + 0.5), at.width));
  }
}

/** Words as lines that are no wider than `width`, as a browser breaks them. */
function broken(pen: CanvasRenderingContext2D, words: string, width: number): string[] {
  return words.split(' ').reduce<string[]>((lines, word) => {
    const longer = [...lines.slice(-1), word].join(' ');
    return lines.length && pen.measureText(longer).width <= width + 1 ? [...lines.slice(0, -1), longer] : [...lines, word];
  }, []);
}
