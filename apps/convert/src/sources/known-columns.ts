import { type Row, unknownColumns } from './importer.ts'
import { isObject } from './json-object.ts'

/** Rows after which a name that none of them had counts as unknown. */
const LOOK_AHEAD = 1000
const MOST_NAMES = 1000
const DEEPEST = 8

/**
 * Holds the first rows of a source without a header back until it is known that its objects have each of the columns.
 * @param read reads the rows, and tells of each object that they are made of
 * @param always names that are columns whatever the objects have
 * @throws ConvertError for a column that none of the first rows had, before the first of them
 */
export async function* withKnownColumns(
  columns: readonly string[],
  read: (see: (object: object) => void) => AsyncIterable<Row[]>,
  always: readonly string[] = [],
): AsyncGenerator<Row[]> {
  const names = new Set<string>()
  const missing = new Set(columns.filter((name) => !always.includes(name)))
  let held: Row[] | undefined = []
  const see = (object: object) => {
    if (held) addNames(object, '', names)
  }
  function check(): void {
    const absent = [...missing].filter((name) => !names.has(name))
    if (absent.length > 0 && names.size > 0) {
      throw unknownColumns(absent, [...always, ...names], 'in any of the first rows')
    }
  }
  for await (const rows of read(see)) {
    if (!held) {
      yield rows
      continue
    }
    for (const { cells } of rows) {
      for (const [index, name] of columns.entries()) if (cells?.[index] !== undefined) missing.delete(name)
    }
    held.push(...rows)
    if (held.length < LOOK_AHEAD) continue
    check()
    yield held
    held = undefined
  }
  if (!held) return
  check()
  if (held.length > 0) yield held
}

function addNames(object: object, before: string, names: Set<string>, depth = 1): void {
  for (const [name, value] of Object.entries(object)) {
    if (names.size >= MOST_NAMES) return
    if (isObject(value) && depth < DEEPEST) addNames(value, `${before}${name}.`, names, depth + 1)
    else names.add(before + name)
  }
}
