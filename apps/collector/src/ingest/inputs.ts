import type { Field } from '@trackable/dataset'

const EXPECTED: Record<Exclude<Field['kind'], 'sum'>, string> = {
  counter: 'a whole number',
  min: 'a finite number',
  max: 'a finite number',
  last: 'a finite number',
  unique: 'an array of at most 100 texts of 1 to 200 characters',
  distribution: 'a finite number',
  custom: 'what its input function takes',
}

/** What an event may carry for a field, for people. */
export function expectedInput(field: Field): string {
  if (field.kind === 'sum') {
    return `a number or decimal string with at most ${field.scale} digits after the point`
  }
  return field.kind === 'unique' && field.of
    ? 'nothing: the collector counts visitors itself'
    : EXPECTED[field.kind]
}
