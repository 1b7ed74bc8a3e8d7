import type { ParentType } from '@trackable/dataset'
import { isStorable } from '@trackable/dataset/fold'
import { LIMITS } from '@trackable/protocol'

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i
const INT64 = 2n ** 63n

/** What identifies a parent, in its one form; undefined where it is none of that type. */
export function readParent(type: ParentType, value: unknown): string | undefined {
  if (type === 'uuid') return typeof value === 'string' && UUID.test(value) ? value.toLowerCase() : undefined
  if (type === 'bigint') return readBigint(value)
  const text = typeof value === 'number' && Number.isSafeInteger(value) ? String(value) : value
  if (typeof text !== 'string' || text.length === 0) return undefined
  // Characters, not UTF-16 units: an emoji is one.
  if (text.length > LIMITS.parentLength && [...text].length > LIMITS.parentLength) return undefined
  return isStorable(text) ? text : undefined
}

function readBigint(value: unknown): string | undefined {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? String(value + 0) : undefined
  if (typeof value !== 'string' || !/^-?\d{1,19}$/.test(value)) return undefined
  const exact = BigInt(value)
  return exact < INT64 && exact >= -INT64 ? exact.toString() : undefined
}
