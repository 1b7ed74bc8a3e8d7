import type { StateText } from './aggregate.ts'
import { type Bins, GAMMA, middleOf } from './bins.ts'
import type { DistributionState } from './distribution.ts'
import { addExact, type Exact, exactText, readExact, ZERO } from './exact.ts'
import { byteDigits, fromHex } from './hex.ts'
import { bytes, double, type Part, plainDouble, readParts, sint } from './protobuf.ts'

/** Fields of the message DDSketch, which every library of it reads; the last three are ours, which they skip. */
const MAPPING = 1
const POSITIVE = 2
const NEGATIVE = 3
const ZEROS = 4
const MIN = 201
const MAX = 202
const SUM = 203
/** Of the message Store: counts by bin one by one, or of all bins from an offset on. */
const ONE_BY_ONE = 1
const IN_A_ROW = 2
const OFFSET = 3
/** A count in a row takes 8 bytes, one by one about 14. */
const ROW_BYTES = 8
const ENTRY_BYTES = 14

/** DDSketch's own protobuf message, in hexadecimal digits. */
export const distributionText: StateText<DistributionState> = { write: writeSketch, read: readSketch }

/**
 * Writes a state as DDSketch's protobuf message, fields and bins in order and each only where there is something to
 * say, so that equal states have equal bytes.
 */
function writeSketch({ positive, negative, zeros, min, max, sum }: DistributionState): string {
  // Both stores also where they are empty: sketches-js reads no message without one of them.
  let message = HEAD + bytes(POSITIVE, writeBins(positive)) + bytes(NEGATIVE, writeBins(negative))
  if (zeros > 0) message += double(ZEROS, zeros)
  if (min === null || max === null) return message
  return message + double(MIN, min) + double(MAX, max) + bytes(SUM, digitsOf(exactText(sum)))
}

const HEAD = bytes(MAPPING, double(1, GAMMA))

/** The characters of a decimal, which are ASCII. */
function digitsOf(text: string): string {
  let digits = ''
  for (let i = 0; i < text.length; i++) digits += byteDigits(text.charCodeAt(i))
  return digits
}

function writeBins(bins: Bins | undefined): string {
  if (!bins) return ''
  const sorted = bins.size === 1 ? [...bins] : [...bins].sort(([a], [b]) => a - b)
  const first = sorted[0]![0]
  const length = sorted.at(-1)![0] - first + 1
  if (length * ROW_BYTES > sorted.length * ENTRY_BYTES) {
    return sorted.map(([bin, count]) => bytes(ONE_BY_ONE, sint(1, bin) + double(2, count))).join('')
  }
  let row = ''
  for (let i = 0; i < length; i++) row += plainDouble(bins.get(first + i) ?? 0)
  return bytes(IN_A_ROW, row) + sint(OFFSET, first)
}

/**
 * Reads a state, also one that another library of DDSketch wrote with 1 % accuracy: its sum and extremes are then those
 * of the middles of its bins.
 * @throws Error where it is no sketch, or one with other bins
 */
function readSketch(text: string): DistributionState {
  const parts = readParts(fromHex(text))
  checkMapping(readParts(parts.find(({ field }) => field === MAPPING)?.bytes ?? new Uint8Array()))
  const bins = (of: number) => {
    const all: Bins = new Map()
    for (const part of parts) if (part.field === of) readBins(part.bytes, all)
    return all.size > 0 ? all : undefined
  }
  const number = (of: number) => parts.find(({ field }) => field === of)?.number
  const positive = bins(POSITIVE)
  const negative = bins(NEGATIVE)
  const zeros = number(ZEROS) ?? 0
  const count = zeros + countOf(positive) + countOf(negative)
  const sum = parts.find(({ field }) => field === SUM)
  if (!sum && count > 0) return { positive, negative, zeros, count, ...middles(positive, negative, zeros) }
  return {
    positive,
    negative,
    zeros,
    count,
    sum: sum ? readExact(String.fromCharCode(...sum.bytes)) : ZERO,
    min: number(MIN) ?? null,
    max: number(MAX) ?? null,
  }
}

function middles(positive: Bins | undefined, negative: Bins | undefined, zeros: number) {
  const values = [
    ...[...(negative ?? [])].map(([bin, count]) => [-middleOf(bin), count] as const),
    ...[...(positive ?? [])].map(([bin, count]) => [middleOf(bin), count] as const),
    ...(zeros > 0 ? [[0, zeros] as const] : []),
  ]
  let sum: Exact = ZERO
  for (const [value, count] of values) sum = addExact(sum, value * count)
  const all = values.map(([value]) => value)
  return { sum, min: all.reduce((a, b) => Math.min(a, b)), max: all.reduce((a, b) => Math.max(a, b)) }
}

function checkMapping(mapping: Part[]): void {
  const gamma = mapping.find(({ field }) => field === 1)?.number
  // Another library derives it from the accuracy by another way of rounding.
  if (gamma === undefined || Math.abs(gamma - GAMMA) > 1e-12 || mapping.some(isOther)) {
    throw new Error(
      `expected a sketch with the logarithmic mapping of gamma ${GAMMA}, and found gamma ${gamma}`,
    )
  }
}

/** An offset of indexes, or an interpolation: bins that are not ours. */
function isOther({ field, number }: Part): boolean {
  return field !== 1 && number !== 0
}

function readBins(store: Uint8Array, into: Bins): void {
  const add = (bin: number, count: number) => {
    if (count > 0) into.set(bin, (into.get(bin) ?? 0) + count)
  }
  const parts = readParts(store)
  const offset = parts.find(({ field }) => field === OFFSET)?.sint ?? 0
  for (const { field, bytes: inner } of parts) {
    if (field === ONE_BY_ONE) {
      const entry = readParts(inner)
      add(
        entry.find((part) => part.field === 1)?.sint ?? 0,
        entry.find((part) => part.field === 2)?.number ?? 0,
      )
    }
    if (field === IN_A_ROW) {
      const row = new DataView(inner.buffer, inner.byteOffset, inner.byteLength)
      for (let i = 0; i * ROW_BYTES < inner.length; i++) add(offset + i, row.getFloat64(i * ROW_BYTES, true))
    }
  }
}

function countOf(bins: Bins | undefined): number {
  let count = 0
  for (const one of bins?.values() ?? []) count += one
  return count
}
