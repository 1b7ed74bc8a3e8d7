import type { Aggregate, ReadInput, StateText } from './aggregate.ts'
import { fromHex, toHex } from './hex.ts'
import { enter, estimate, INDEX_BITS, packWords, REGISTERS, unpackWords, WIDTH } from './registers.ts'

/** The elements themselves while they are few (16 hexadecimal digits each), then the registers of HyperLogLog. */
export type UniqueState = Set<string> | Uint8Array

/** Gives the element of a value: 64 bits of a keyed hash of it, as 16 hexadecimal digits. */
export type HashValue = (value: string) => string

const DIGITS = 16
/** expthresh auto: as many elements as fit into the bytes of all registers. */
const MOST_ELEMENTS = (REGISTERS * WIDTH) / 8 / 8
const MOST_VALUES = 100
const MOST_CHARACTERS = 200

/**
 * Counts distinct elements: exactly up to 640, then by HyperLogLog. Which of both a state is depends on how many
 * elements it has seen, not on the way there. A logged input is its elements, one after the other.
 */
export const uniqueAggregate: Aggregate<string, UniqueState, number> = {
  empty: () => new Set(),
  add(state, input) {
    let after = state
    for (let at = 0; at < input.length; at += DIGITS) after = addElement(after, input.slice(at, at + DIGITS))
    return after
  },
  merge(a, b) {
    if (a instanceof Set) return b instanceof Set ? union(a, b) : merged(b, a)
    return merged(a, b)
  },
  result: (state) => (state instanceof Set ? state.size : estimate(state)),
}

/** Elements, or undefined where the value is no array of at most 100 strings of 1 to 200 characters. */
export function readUnique(hash: HashValue): ReadInput<string> {
  return (value) => {
    if (!Array.isArray(value) || value.length > MOST_VALUES) return undefined
    const fits = value.every(
      (one) => typeof one === 'string' && one.length > 0 && one.length <= MOST_CHARACTERS,
    )
    return fits ? value.map(hash).join('') : undefined
  }
}

function addElement(state: UniqueState, element: string): UniqueState {
  if (state instanceof Uint8Array) {
    enter(state, element)
    return state
  }
  state.add(element)
  return state.size > MOST_ELEMENTS ? registersOf(state) : state
}

function registersOf(elements: Set<string>): Uint8Array {
  const registers = new Uint8Array(REGISTERS)
  for (const element of elements) enter(registers, element)
  return registers
}

function union(a: Set<string>, b: Set<string>): UniqueState {
  const both = new Set(a)
  for (const element of b) both.add(element)
  return both.size > MOST_ELEMENTS ? registersOf(both) : both
}

function merged(registers: Uint8Array, other: UniqueState): Uint8Array {
  const both = registers.slice()
  if (other instanceof Set) {
    for (const element of other) enter(both, element)
    return both
  }
  for (let i = 0; i < both.length; i++) if (both[i]! < other[i]!) both[i] = other[i]!
  return both
}

const [EMPTY, EXPLICIT, SPARSE, FULL] = ['11', '12', '13', '14']
/** Parameter byte and cutoff byte: regwidth 5, log2m 13; sparse on, explicit threshold auto. */
const PARAMETERS = '8d7f'
const HEAD = 3
const WORD = INDEX_BITS + WIDTH

/**
 * The public storage format of HyperLogLog, schema version 1 (aggregateknowledge/hll-storage-spec), as the `hll`
 * extension of Postgres writes it: empty, explicit, sparse and full. Sparse is taken where it is shorter than full.
 */
export const uniqueText: StateText<UniqueState> = {
  write(state) {
    if (state instanceof Uint8Array) return writeRegisters(state)
    if (state.size === 0) return EMPTY + PARAMETERS
    // Ascending as signed numbers: those whose highest bit is set come first.
    const elements = [...state].sort()
    const negative = elements.findIndex((element) => element >= '8')
    const signed = negative <= 0 ? elements : [...elements.slice(negative), ...elements.slice(0, negative)]
    return EXPLICIT + PARAMETERS + signed.join('')
  },
  read(text) {
    const type = text.slice(0, 2)
    const data = text.slice(2 * HEAD)
    if (text.slice(2, 2 * HEAD) !== PARAMETERS)
      throw strange(text, 'log2m 13, regwidth 5, expthresh auto, sparse on')
    if (type === EMPTY && data === '') return new Set()
    if (type === EXPLICIT && data.length % DIGITS === 0) return new Set(data.match(/.{16}/gs))
    if (type === SPARSE) return readSparse(fromHex(data))
    if (type === FULL && data.length === (REGISTERS * WIDTH) / 4) return readFull(fromHex(data))
    throw strange(text, 'schema version 1')
  },
}

function writeRegisters(registers: Uint8Array): string {
  const words: number[] = []
  for (let i = 0; i < REGISTERS; i++) if (registers[i]) words.push((i << WIDTH) | registers[i]!)
  if (words.length * WORD >= REGISTERS * WIDTH) {
    const full = new Uint8Array((REGISTERS * WIDTH) / 8)
    packWords(registers, WIDTH, full, 0)
    return FULL + PARAMETERS + toHex(full)
  }
  const sparse = new Uint8Array(Math.ceil((words.length * WORD) / 8))
  packWords(words, WORD, sparse, 0)
  return SPARSE + PARAMETERS + toHex(sparse)
}

function readSparse(bytes: Uint8Array): Uint8Array {
  const registers = new Uint8Array(REGISTERS)
  for (const word of unpackWords(bytes, WORD, 0)) registers[word >>> WIDTH] = word & ((1 << WIDTH) - 1)
  return registers
}

function readFull(bytes: Uint8Array): Uint8Array {
  return Uint8Array.from(unpackWords(bytes, WIDTH, 0))
}

function strange(text: string, expected: string): Error {
  return new Error(
    `expected a HyperLogLog of ${expected}, and found one that starts with ${text.slice(0, 8)}`,
  )
}
