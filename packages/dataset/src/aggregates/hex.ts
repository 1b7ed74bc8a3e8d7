const DIGITS = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))
const NIBBLES = new Uint8Array(128)
for (let nibble = 0; nibble < 16; nibble++) {
  const digit = nibble.toString(16)
  NIBBLES[digit.charCodeAt(0)] = nibble
  NIBBLES[digit.toUpperCase().charCodeAt(0)] = nibble
}

/** One byte as two hexadecimal digits. */
export function byteDigits(byte: number): string {
  return DIGITS[byte]!
}

/** Bytes as hexadecimal digits: what both drivers and Postgres itself read and write alike. */
export function toHex(bytes: Uint8Array): string {
  let text = ''
  for (let i = 0; i < bytes.length; i++) text += DIGITS[bytes[i]!]
  return text
}

/** The bytes of hexadecimal digits. @throws Error where they are none */
export function fromHex(text: string): Uint8Array {
  if (text.length % 2 !== 0 || !/^[0-9a-f]*$/i.test(text)) {
    throw new Error(`expected hexadecimal digits, two a byte, and found ${JSON.stringify(text.slice(0, 40))}`)
  }
  const bytes = new Uint8Array(text.length / 2)
  for (let i = 0; i < bytes.length; i++) {
    bytes[i] = (NIBBLES[text.charCodeAt(2 * i)]! << 4) | NIBBLES[text.charCodeAt(2 * i + 1)]!
  }
  return bytes
}
