const STEPS = [1, 2, 5, 10, 20, 50, 100, 200];

/** The longest round length that fits into `most` CSS pixels at `perMm` pixels a millimetre, null where none does. */
export function scaleBar(perMm: number, most: number): { pixels: number; label: string } | null {
  const length = STEPS.filter((one) => one * perMm <= most).at(-1);
  if (!length) return null;
  return { pixels: length * perMm, label: length >= 10 ? `${length / 10} cm` : `${length} mm` };
}
