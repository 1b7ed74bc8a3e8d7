import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeText } from './text.ts'

async function decode(data: Uint8Array, sizes: readonly number[] = [data.length || 1]): Promise<string> {
  async function* pieces() {
    for (let at = 0, i = 0; at < data.length; i++) {
      const size = sizes[i % sizes.length] as number
      yield data.subarray(at, at + size)
      at += size
    }
  }
  let text = ''
  for await (const piece of decodeText(pieces())) text += piece
  return text
}
const utf16be = (text: string) => Buffer.from(`\ufeff${text}`, 'utf16le').swap16()
const texts = fc.string({ unit: fc.constantFrom('a', '\n', '\r\n', 'é', '€', '漢', '👍', '"', ',') })
const cuts = fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1 })

describe('text', () => {
  it('comes out whole, wherever its bytes were cut', async () => {
    await fc.assert(
      fc.asyncProperty(texts, cuts, async (text, sizes) => {
        expect(await decode(Buffer.from(text), sizes)).toBe(text)
        expect(await decode(Buffer.from(`\ufeff${text}`), sizes)).toBe(text)
        expect(await decode(Buffer.from(`\ufeff${text}`, 'utf16le'), sizes)).toBe(text)
        expect(await decode(utf16be(text), sizes)).toBe(text)
      }),
    )
  })

  it('is Windows-1252 in the lines that are no UTF-8, and in no other', async () => {
    const bytes = Buffer.concat([
      Buffer.from('größe\n'),
      Buffer.from('caf\xe9 \x80\x92\n', 'latin1'),
      Buffer.from('漢\n'),
    ])
    expect(await decode(bytes, [5])).toBe('größe\ncafé €’\n漢\n')
  })

  it('passes a line that never ends on in pieces, each of whole characters', async () => {
    const line = '漢'.repeat(1_000_000)
    let text = ''
    let longest = 0
    async function* chunks() {
      const bytes = Buffer.from(line)
      for (let at = 0; at < bytes.length; at += 65_536) yield bytes.subarray(at, at + 65_536)
    }
    for await (const piece of decodeText(chunks())) {
      text += piece
      longest = Math.max(longest, piece.length)
    }
    expect(text === line).toBe(true)
    expect(longest).toBeLessThan(1_000_000)
  })
})
