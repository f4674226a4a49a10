/**
 * Stands in for `xmlbuilder2`, which Cornerstone pulls in for a DICOM XML export that the viewer never uses and
 * which breaks in a browser bundle.
 */
export function create(): never {
  throw new Error('XML export is not part of the viewer');
}

export default { create };
