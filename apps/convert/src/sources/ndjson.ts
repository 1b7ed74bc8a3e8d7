import { decodeText } from '../inputs/text.ts'
import { FILES, ONLY, openFiles } from './files.ts'
import { type Importer, LONGEST_ROW, type Row } from './importer.ts'
import { isObject } from './json-object.ts'
import { withKnownColumns } from './known-columns.ts'
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

// More digits than a number of JavaScript holds; such numbers are read as texts, so that no digit is lost.
const LONG_NUMBER = /\d[\d.]{15}/
const STRING_OR_NUMBER = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g

/**
 * One JSON object a line. A column is the name of a member, or names with dots between for members of members; a
 * member whose own name has dots comes first. null is no value; true, false, arrays and objects are their JSON.
 */
export const jsonLines: Importer = {
  read(bytes, columns) {
    const ask = columns.map((name) => memberOf(name))
    return withKnownColumns(columns, async function* (see) {
      for await (const lines of linesOf(decodeText(bytes), LONGEST_ROW)) {
        yield lines.map(({ line, text, tooLong }): Row => {
          if (tooLong) return { line, text, problem: `longer than ${LONGEST_ROW} characters` }
          const object = parse(text)
          if (typeof object === 'string') return { line, text, problem: object }
          see(object)
          return { line, text, cells: ask.map((member) => member(object)) }
        })
      }
    })
  },
}

function parse(text: string): object | string {
  try {
    const exact = LONG_NUMBER.test(text)
      ? text.replace(STRING_OR_NUMBER, (token) => (token[0] === '"' ? token : `"${token}"`))
      : text
    const value: unknown = JSON.parse(exact)
    return isObject(value) ? value : 'no JSON object; expected one a line'
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
