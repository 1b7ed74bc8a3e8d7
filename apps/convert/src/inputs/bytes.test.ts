import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { readBytes } from './bytes.ts'
import { findInputs } from './inputs.ts'

const folder = mkdtempSync(join(tmpdir(), 'convert-'))
function save(name: string, data: Uint8Array | string): string {
  const path = join(folder, name)
  writeFileSync(path, data)
  return path
}
async function read(path: string): Promise<{ data: Buffer; packed: number }> {
  const chunks: Uint8Array[] = []
  let packed = 0
  const [input] = await findInputs([path])
  for await (const chunk of readBytes(input!, (count) => (packed += count))) chunks.push(chunk)
  return { data: Buffer.concat(chunks), packed }
}
const text = Buffer.from('a,b\n1,2\n'.repeat(100_000))

describe('an input', () => {
  it('is read as it is', async () => {
    expect((await read(save('plain.csv', text))).data.equals(text)).toBe(true)
    expect((await read(save('empty.csv', ''))).data).toHaveLength(0)
    expect((await read(save('short.csv', 'a'))).data.toString()).toBe('a')
  })

  it('is unpacked where it is gzip, whatever its name, and counts the bytes that were on disk', async () => {
    const packed = gzipSync(text)
    const whole = await read(save('packed.csv', packed))
    expect(whole.data.equals(text)).toBe(true)
    expect(whole.packed).toBe(packed.length)
  })

  it('is read past the end of the first of several gzip members', async () => {
    const { data } = await read(save('members.gz', Buffer.concat([gzipSync('a\n'), gzipSync('b\n')])))
    expect(data.toString()).toBe('a\nb\n')
  })

  it('is an error where gzip data ends too early or is damaged', async () => {
    const packed = gzipSync(text)
    await expect(read(save('cut.gz', packed.subarray(0, -20)))).rejects.toMatchObject({
      code: 'input',
      message: expect.stringContaining('ends too early'),
    })
    const damaged = Buffer.from(packed)
    damaged.fill(0xff, 100, 200)
    await expect(read(save('damaged.gz', damaged))).rejects.toMatchObject({
      message: expect.stringContaining('damaged'),
    })
  })

  it.each([['xz', '\xfd7zX']])(
    'that is packed with %s is refused with the command that unpacks it',
    async (format, head) => {
      await expect(read(save('packed', Buffer.from(`${head}more`, 'latin1')))).rejects.toMatchObject({
        code: 'input',
        message: expect.stringMatching(new RegExp(`${format}; unpack it first: .* \\| trackable-convert`)),
      })
    },
  )

  it.skipIf(process.platform !== 'linux')('that the file system does not let be read is told', async () => {
    // A file that is there, and whose first bytes nobody may read.
    await expect(findInputs(['/proc/self/mem'])).rejects.toMatchObject({
      code: 'input',
      message: expect.stringMatching(/^\/proc\/self\/mem cannot be read: /),
    })
  })

  it('is every file of a folder in order, without hidden ones and rejects', async () => {
    const inner = mkdtempSync(join(folder, 'many-'))
    for (const name of ['b.csv', 'a.csv', '.hidden', 'a.csv.rejects.ndjson'])
      writeFileSync(join(inner, name), 'x')
    const found = await findInputs([inner])
    expect(found.map(({ path }) => path)).toEqual([join(inner, 'a.csv'), join(inner, 'b.csv')])
    await expect(findInputs([mkdtempSync(join(folder, 'none-'))])).rejects.toThrow('there are no such files')
    await expect(findInputs([join(folder, 'missing.csv')])).rejects.toThrow('missing.csv cannot be read')
  })
})
