/** A small screen that is touched: less memory, slower links. */
export function isPhone(): boolean {
  return window.matchMedia('(pointer: coarse) and (max-width: 900px)').matches;
}
