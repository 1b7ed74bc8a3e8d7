/** Writes the parts of a protobuf message that a sketch is made of. */
export interface Writer {
  double(field: number, value: number): void
  sint(field: number, value: number): void
  bytes(field: number, value: Uint8Array): void
  /** A double of a packed list. */
  plainDouble(value: number): void
  done(): Uint8Array
}

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

/** Starts a message. */
export function createWriter(): Writer {
  let buffer = new Uint8Array(64)
  let length = 0
  const room = (more: number) => {
    if (length + more <= buffer.length) return
    const larger = new Uint8Array(Math.max(buffer.length * 2, length + more))
    larger.set(buffer.subarray(0, length))
    buffer = larger
  }
  const varint = (value: number) => {
    room(10)
    let left = value
    while (left > 127) {
      buffer[length++] = (left & 127) | 128
      left = Math.floor(left / 128)
    }
    buffer[length++] = left
  }
  const plainDouble = (value: number) => {
    room(8)
    new DataView(buffer.buffer).setFloat64(length, value, true)
    length += 8
  }
  return {
    plainDouble,
    double(field, value) {
      varint(field * 8 + DOUBLE)
      plainDouble(value)
    },
    sint(field, value) {
      varint(field * 8 + VARINT)
      varint(value >= 0 ? value * 2 : -value * 2 - 1)
    },
    bytes(field, value) {
      varint(field * 8 + BYTES)
      varint(value.length)
      room(value.length)
      buffer.set(value, length)
      length += value.length
    },
    done: () => buffer.slice(0, length),
  }
}

/** The parts of a message in order. @throws Error where the bytes end within one, or are no message */
export function createReader(bytes: Uint8Array): Part[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
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
  while (at < bytes.length) {
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
      if (at + length > bytes.length)
        throw new Error(`a protobuf message of ${bytes.length} bytes ends within field ${field}`)
      parts.push({ field, number: 0, sint: 0, bytes: bytes.subarray(at, at + length) })
      at += length
    } else {
      throw new Error(`expected a protobuf message, and found wire type ${wire} at byte ${at}`)
    }
  }
  return parts
}
