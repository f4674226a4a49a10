/** What the browser says about the connection; not standard in all of them. */
interface Connection {
  saveData?: boolean;
  effectiveType?: string;
  downlink?: number;
}

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
