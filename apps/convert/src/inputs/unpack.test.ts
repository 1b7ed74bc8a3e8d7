import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readBytes } from './bytes.ts'
import { findInputs, namesLike } from './inputs.ts'

const folder = mkdtempSync(join(tmpdir(), 'convert-'))
// Made by bzip2, zstd and zip.
const PACKED = {
  bzip2: 'QlpoOTFBWSZTWb+HQH8AAANZAAAQAAQwADAAIAAwwAhpsogjJ4u5IpwoSF/DoD+A',
  Zstandard: 'KLUv/QRYQQAAYSxiCjEsMgo158rO',
}
const ARCHIVE =
  'UEsDBAoAAAAAAMBReV0AAAAAAAAAAAAAAAAEABwAZGlyL1VUCQAD6LQGa+i0Bmt1eAsAAQQAAAAABAAAAABQSwMECgAAAAAAwFF5XQAkwYkEAAAABAAAAAkAHABkaXIvYi5jc3ZVVAkAA+i0BmvotAZrdXgLAAEEAAAAAAQAAAAAYQoxClBLAwQKAAAAAADAUXldw3fsogQAAAAEAAAABQAcAGEuY3N2VVQJAAPotAZr6LQGa3V4CwABBAAAAAAEAAAAAGEKMgpQSwMECgAAAAAAwFF5XYMW3IwBAAAAAQAAAAUAHABjLnR4dFVUCQAD6LQGa+i0Bmt1eAsAAQQAAAAABAAAAAB4UEsBAh4DCgAAAAAAwFF5XQAAAAAAAAAAAAAAAAQAGAAAAAAAAAAQAO1BAAAAAGRpci9VVAUAA+i0Bmt1eAsAAQQAAAAABAAAAABQSwECHgMKAAAAAADAUXldACTBiQQAAAAEAAAACQAYAAAAAAABAAAApIE+AAAAZGlyL2IuY3N2VVQFAAPotAZrdXgLAAEEAAAAAAQAAAAAUEsBAh4DCgAAAAAAwFF5XcN37KIEAAAABAAAAAUAGAAAAAAAAQAAAKSBhQAAAGEuY3N2VVQFAAPotAZrdXgLAAEEAAAAAAQAAAAAUEsBAh4DCgAAAAAAwFF5XYMW3IwBAAAAAQAAAAUAGAAAAAAAAQAAAKSByAAAAGMudHh0VVQFAAPotAZrdXgLAAEEAAAAAAQAAAAAUEsFBgAAAAAEAAQALwEAAAgBAAAAAA=='
function save(name: string, data: Uint8Array): string {
  const path = join(folder, name)
  writeFileSync(path, data)
  return path
}
async function textsOf(path: string, only?: RegExp): Promise<string[]> {
  const texts: string[] = []
  for (const input of await findInputs([path], only)) {
    const chunks: Uint8Array[] = []
    for await (const chunk of readBytes(input, () => {})) chunks.push(chunk)
    texts.push(Buffer.concat(chunks).toString())
  }
  return texts
}

describe.each(Object.entries(PACKED))('an input packed with %s', (name, base64) => {
  const packed = Buffer.from(base64, 'base64')

  it('is unpacked, whatever its name', async () => {
    expect(await textsOf(save('packed.csv', packed))).toEqual(['a,b\n1,2\n'])
  })

  it('is read past the end of the first of several streams', async () => {
    expect(await textsOf(save('twice', Buffer.concat([packed, packed])))).toEqual(['a,b\n1,2\na,b\n1,2\n'])
  })

  it('that ends too early or is damaged says so', async () => {
    for (const length of [packed.length - 5, 12]) {
      await expect(textsOf(save('cut', packed.subarray(0, length)))).rejects.toMatchObject({
        code: 'input',
        message: expect.stringContaining(`the ${name} data `),
      })
    }
  })
})

describe('a zip archive', () => {
  const archive = Buffer.from(ARCHIVE, 'base64')

  it('is read file by file, in order of their names', async () => {
    expect(await textsOf(save('all.zip', archive))).toEqual(['a\n2\n', 'x', 'a\n1\n'])
  })

  it('is read as far as a pattern says', async () => {
    const path = save('some.zip', archive)
    expect(await textsOf(path, namesLike('*.CSV'))).toEqual(['a\n2\n', 'a\n1\n'])
    expect(await textsOf(path, namesLike('b.csv'))).toEqual(['a\n1\n'])
    await expect(textsOf(path, namesLike('none'))).rejects.toThrow('there are no such files')
  })

  it('that is damaged says so', async () => {
    await expect(textsOf(save('cut.zip', archive.subarray(0, 200)))).rejects.toMatchObject({
      code: 'input',
      message: expect.stringContaining('cannot be read as a zip archive'),
    })
  })
})
