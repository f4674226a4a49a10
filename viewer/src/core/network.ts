/** What the browser says about the connection; not standard in all of them. */
interface Connection {
  saveData?: boolean;
  effectiveType?: string;
  downlink?: number;
}

const MB = 1024 * 1024;

/** Whether to load diagnostic pixels before anybody asks: not on a slow link or where the person saves data. */
export function isFastLink(): boolean {
  const connection = (navigator as Navigator & { connection?: Connection }).connection;
  if (!connection) return true;
  if (connection.saveData) return false;
  return !/(^|-)(2g|3g)$/.test(connection.effectiveType ?? '4g');
}

/** Memory in GiB that the browser admits to; small phones get a small cache. */
export function deviceMemory(): number {
  return (navigator as Navigator & { deviceMemory?: number }).deviceMemory ?? 4;
}

/** Bytes that decoded images may take, of all panes together. */
export function pixelBytes(isPhone: boolean): number {
  return (isPhone ? Math.min(192, 48 * deviceMemory()) : Math.min(1024, 160 * deviceMemory())) * MB;
}

/** Bytes that the server's pictures of one pane may take, as they came: some hundred slices. */
export function pictureBytes(): number {
  return Math.min(32, 4 * deviceMemory()) * MB;
}

/** How many images of `bytes` each are worth loading ahead: never so many that one pane fills more than a quarter of the bound. */
export function pixelsAhead(isPhone: boolean, bytes: number): number {
  const most = isPhone ? 12 : 30 * deviceMemory();
  return Math.min(isFastLink() ? most : 2, Math.floor(pixelBytes(isPhone) / 4 / Math.max(1, bytes)));
}

/** True where the browser can draw with WebGL 2, which the pixels need. */
export function hasWebGl(): boolean {
  try {
    const context = document.createElement('canvas').getContext('webgl2');
    context?.getExtension('WEBGL_lose_context')?.loseContext();
    return context !== null;
  } catch {
    return false;
  }
}
