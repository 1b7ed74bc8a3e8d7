import { byteDigits, toHex } from './hex.ts'

/** A part of a message: `number` of a double or a plain varint, `sint` of a signed one, `bytes` of what has a length. */
export interface Part {
  field: number
  number: number
  sint: number
  bytes: Uint8Array
}

const VARINT = 0
const DOUBLE = 1
const BYTES = 2
const FLOAT = 5
const NONE = new Uint8Array()

/** A double of a packed list, in hexadecimal digits, as everything that is written here. */
export function plainDouble(value: number): string {
  eight.setFloat64(0, value, true)
  return toHex(eightBytes)
}

/** A double under the number of its field. */
export function double(field: number, value: number): string {
  return varint(field * 8 + DOUBLE) + plainDouble(value)
}

/** A whole number, which may be negative, under the number of its field. */
export function sint(field: number, value: number): string {
  return varint(field * 8 + VARINT) + varint(value >= 0 ? value * 2 : -value * 2 - 1)
}

/** Bytes, or a message, under the number of its field. */
export function bytes(field: number, digits: string): string {
  return varint(field * 8 + BYTES) + varint(digits.length / 2) + digits
}

const eightBytes = new Uint8Array(8)
const eight = new DataView(eightBytes.buffer)

function varint(value: number): string {
  let text = ''
  let left = value
  while (left > 127) {
    text += byteDigits((left & 127) | 128)
    left = Math.floor(left / 128)
  }
  return text + byteDigits(left)
}

/** The parts of a message in order. @throws Error where the bytes end within one, or are no message */
export function readParts(message: Uint8Array): Part[] {
  const view = new DataView(message.buffer, message.byteOffset, message.byteLength)
  const parts: Part[] = []
  let at = 0
  const varint = () => {
    let value = 0
    for (let scale = 1; ; scale *= 128) {
      const byte = view.getUint8(at++)
      value += (byte & 127) * scale
      if (byte < 128) return value
    }
  }
  while (at < message.length) {
    const key = varint()
    const field = Math.floor(key / 8)
    const wire = key % 8
    if (wire === VARINT) {
      const number = varint()
      parts.push({ field, number, sint: number % 2 ? -(number + 1) / 2 : number / 2, bytes: NONE })
    } else if (wire === DOUBLE) {
      parts.push({ field, number: view.getFloat64(at, true), sint: 0, bytes: NONE })
      at += 8
    } else if (wire === FLOAT) {
      at += 4
    } else if (wire === BYTES) {
      const length = varint()
      if (at + length > message.length)
        throw new Error(`a protobuf message of ${message.length} bytes ends within field ${field}`)
      parts.push({ field, number: 0, sint: 0, bytes: message.subarray(at, at + length) })
      at += length
    } else {
      throw new Error(`expected a protobuf message, and found wire type ${wire} at byte ${at}`)
    }
  }
  return parts
}
