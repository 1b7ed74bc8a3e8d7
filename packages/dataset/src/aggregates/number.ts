/** A finite number, for fields that keep numbers as they are; −0 is 0. */
export function readNumber(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value + 0 : undefined
}
