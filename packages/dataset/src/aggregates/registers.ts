/** log2m: 2^13 registers. */
export const INDEX_BITS = 13
/** regwidth: a register holds 0 to 31. */
export const WIDTH = 5
/** How many registers there are. */
export const REGISTERS = 1 << INDEX_BITS
const MOST = (1 << WIDTH) - 1
/** Of the lower half of an element, what is left beside the index. */
const LOW_BITS = 32 - INDEX_BITS

/**
 * Enters an element (16 hexadecimal digits) into registers, as the storage specification of HyperLogLog and the `hll`
 * extension do: the lowest bits are the index, the value is the place of the lowest bit that is set above them.
 */
export function enter(registers: Uint8Array, element: string): void {
  const low = Number.parseInt(element.slice(8), 16)
  const index = low & (REGISTERS - 1)
  const value = Math.min(MOST, lowestBit(low >>> INDEX_BITS, element))
  if (registers[index]! < value) registers[index] = value
}

function lowestBit(low: number, element: string): number {
  if (low !== 0) return place(low)
  const high = Number.parseInt(element.slice(0, 8), 16)
  return high === 0 ? 0 : LOW_BITS + place(high)
}

function place(bits: number): number {
  return 32 - Math.clz32(bits & -bits)
}

/**
 * How many distinct elements registers have seen: the improved raw estimator of Ertl ("New cardinality estimation
 * algorithms for HyperLogLog sketches", 2017, algorithm 6). It needs no table of corrections and has no bias where the
 * classic one changes over from linear counting.
 */
export function estimate(registers: Uint8Array): number {
  const counts = new Array<number>(MOST + 1).fill(0)
  for (const value of registers) counts[value]!++
  let z = REGISTERS * tau(1 - counts[MOST]! / REGISTERS)
  for (let value = MOST - 1; value >= 1; value--) z = 0.5 * (z + counts[value]!)
  z += REGISTERS * sigma(counts[0]! / REGISTERS)
  return Math.round(REGISTERS ** 2 / (2 * Math.LN2) / z)
}

function sigma(start: number): number {
  if (start === 1) return Number.POSITIVE_INFINITY
  let x = start
  let y = 1
  let z = x
  for (let before = -1; before !== z; ) {
    before = z
    x *= x
    z += x * y
    y += y
  }
  return z
}

function tau(start: number): number {
  if (start === 0 || start === 1) return 0
  let x = start
  let y = 1
  let z = 1 - x
  for (let before = -1; before !== z; ) {
    before = z
    x = Math.sqrt(x)
    y *= 0.5
    z -= (1 - x) ** 2 * y
  }
  return z / 3
}

/** Words of `bits` bits, packed from the top of the first byte; the last byte is filled up with zeros. */
export function packWords(
  words: readonly number[] | Uint8Array,
  bits: number,
  into: Uint8Array,
  from: number,
): void {
  let held = 0
  let length = 0
  let place = from
  for (let i = 0; i < words.length; i++) {
    held = (held << bits) | words[i]!
    length += bits
    while (length >= 8) {
      length -= 8
      into[place++] = held >>> length
      held &= (1 << length) - 1
    }
  }
  if (length > 0) into[place] = held << (8 - length)
}

/** The words of `bits` bits in bytes; what is left at the end is filling. */
export function unpackWords(bytes: Uint8Array, bits: number, from: number): number[] {
  const words = new Array<number>(Math.floor(((bytes.length - from) * 8) / bits))
  let held = 0
  let length = 0
  let place = from
  for (let i = 0; i < words.length; i++) {
    while (length < bits) {
      held = (held << 8) | bytes[place++]!
      length += 8
    }
    length -= bits
    words[i] = held >>> length
    held &= (1 << length) - 1
  }
  return words
}
