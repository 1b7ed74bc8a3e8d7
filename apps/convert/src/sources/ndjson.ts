import { decodeText } from '../inputs/text.ts'
import { FILES, ONLY, openFiles } from './files.ts'
import { type Importer, LONGEST_ROW, type Row, unknownColumns } from './importer.ts'
import { linesOf } from './lines.ts'
import type { Source } from './source.ts'

/** Any JSON objects, one a line. */
export const ndjson: Source = {
  about: 'read JSON objects, one a line',
  inputs: FILES,
  columns: 'COLUMN is the name of a member, a.b.c one inside others',
  options: [ONLY],
  prepare: openFiles(() => jsonLines),
}

/** Rows after which a name that none of them had counts as unknown. */
const LOOK_AHEAD = 1000
const MOST_NAMES = 1000
const DEEPEST = 8
// More digits than a number of JavaScript holds; such numbers are read as texts, so that no digit is lost.
const LONG_NUMBER = /\d[\d.]{15}/
const STRING_OR_NUMBER = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g

/**
 * One JSON object a line. A column is the name of a member, or names with dots between for members of members; a
 * member whose own name has dots comes first. null is no value; true, false, arrays and objects are their JSON.
 */
export const jsonLines: Importer = {
  async *read(bytes, columns) {
    const seen = columns.map(() => false)
    const names = new Set<string>()
    let held: Row[] | undefined = []
    const ask = columns.map((name) => memberOf(name))
    for await (const lines of linesOf(decodeText(bytes), LONGEST_ROW)) {
      const rows = lines.map(({ line, text, tooLong }): Row => {
        if (tooLong) return { line, text, problem: `longer than ${LONGEST_ROW} characters` }
        const object = parse(text)
        if (typeof object === 'string') return { line, text, problem: object }
        const cells = ask.map((member) => member(object))
        cells.forEach((cell, index) => {
          if (cell !== undefined) seen[index] = true
        })
        if (held) addNames(object, '', names)
        return { line, text, cells }
      })
      if (!held) {
        yield rows
        continue
      }
      held.push(...rows)
      if (held.length < LOOK_AHEAD) continue
      checkSeen(columns, seen, names)
      yield held
      held = undefined
    }
    if (!held) return
    checkSeen(columns, seen, names)
    if (held.length > 0) yield held
  },
}

function checkSeen(columns: readonly string[], seen: readonly boolean[], names: Set<string>): void {
  const missing = columns.filter((_, index) => !seen[index])
  if (missing.length > 0 && names.size > 0) {
    throw unknownColumns(missing, [...names], `in any of the first rows`)
  }
}

function parse(text: string): object | string {
  try {
    const exact = LONG_NUMBER.test(text)
      ? text.replace(STRING_OR_NUMBER, (token) => (token[0] === '"' ? token : `"${token}"`))
      : text
    const value: unknown = JSON.parse(exact)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value
    return 'no JSON object; expected one a line'
  } catch (error) {
    return `no JSON: ${(error as Error).message}`
  }
}

/** Reads one column, by the whole name first and by its dots otherwise. */
export function memberOf(name: string): (object: object) => string | undefined {
  const path = name.split('.')
  return (object) => {
    if (Object.hasOwn(object, name)) return textOf((object as Record<string, unknown>)[name])
    if (path.length === 1) return undefined
    let value: unknown = object
    for (const step of path) {
      if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined
      value = (value as Record<string, unknown>)[step]
    }
    return textOf(value)
  }
}

function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value
  return value === null || value === undefined ? undefined : JSON.stringify(value)
}

function addNames(object: object, before: string, names: Set<string>, depth = 1): void {
  for (const [name, value] of Object.entries(object)) {
    if (names.size >= MOST_NAMES) return
    const nested = typeof value === 'object' && value !== null && !Array.isArray(value) && depth < DEEPEST
    if (nested) addNames(value, `${before}${name}.`, names, depth + 1)
    else names.add(before + name)
  }
}
