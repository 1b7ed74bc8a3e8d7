import { isUtf8 } from 'node:buffer'
import { TextDecoder } from 'node:util'

const NEWLINE = 10
/** A line longer than this is passed on in pieces, so that memory stays flat. */
const LONGEST_LINE = 1024 * 1024
// Windows-1252 for the bytes 0x80 to 0x9f, which Latin-1 leaves to control characters that no text holds.
const HIGH = '€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f\x90‘’“”•–—˜™š›œ\x9džŸ'

/**
 * Text of bytes, in pieces that end with a line where lines are of ordinary length. A byte-order mark (UTF-8,
 * UTF-16 of either order) decides the encoding and is left out. Without one it is UTF-8, and a line that is none is
 * read as Windows-1252, the common superset of Latin-1: line by line, and not the whole file, so that a line that
 * is appended later never changes how the earlier ones were read.
 */
export async function* decodeText(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  let carry: Buffer = Buffer.alloc(0)
  let utf16: TextDecoder | undefined
  let begun = false
  for await (const chunk of bytes) {
    let data =
      carry.length > 0
        ? Buffer.concat([carry, chunk])
        : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length)
    if (!begun && data.length >= 3) {
      begun = true
      utf16 = utf16Decoder(data)
      data = data.subarray(markLength(data))
    }
    if (utf16) {
      carry = Buffer.alloc(0)
      yield utf16.decode(data, { stream: true })
      continue
    }
    const end = begun ? pieceEnd(data) : 0
    if (end > 0) yield textOf(data.subarray(0, end))
    carry = data.subarray(end)
  }
  if (utf16) yield utf16.decode()
  // Of two bytes, only a mark of UTF-16 with nothing behind it is no text.
  else if (carry.length > 0 && (begun || !utf16Decoder(carry))) yield textOf(carry)
}

function utf16Decoder(data: Buffer): TextDecoder | undefined {
  if (data[0] === 0xff && data[1] === 0xfe) return new TextDecoder('utf-16le')
  return data[0] === 0xfe && data[1] === 0xff ? new TextDecoder('utf-16be') : undefined
}

function markLength(data: Buffer): number {
  if (utf16Decoder(data)) return 2
  return data[0] === 0xef && data[1] === 0xbb && data[2] === 0xbf ? 3 : 0
}

/** Where the last whole line ends; the end of the last whole character of a line that is too long. */
function pieceEnd(data: Buffer): number {
  const end = data.lastIndexOf(NEWLINE) + 1
  if (end > 0 || data.length <= LONGEST_LINE) return end
  let start = data.length - 1
  while (start > data.length - 4 && ((data[start] as number) & 0xc0) === 0x80) start--
  return (data[start] as number) >= 0xc0 ? start : data.length
}

function textOf(data: Buffer): string {
  if (isUtf8(data)) return data.toString('utf8')
  let text = ''
  for (let start = 0; start < data.length; ) {
    const newline = data.indexOf(NEWLINE, start)
    const end = newline < 0 ? data.length : newline + 1
    const line = data.subarray(start, end)
    text += isUtf8(line) ? line.toString('utf8') : windows1252(line)
    start = end
  }
  return text
}

function windows1252(line: Buffer): string {
  return line.toString('latin1').replace(/[\x80-\x9f]/g, (byte) => HIGH[byte.charCodeAt(0) - 0x80] as string)
}
