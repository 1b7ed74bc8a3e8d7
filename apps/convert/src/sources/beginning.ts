const ENOUGH = 4096

/** The first characters of an input, and all of its bytes. Marks and the zeros of UTF-16 are left out of them. */
export async function beginningOf(
  bytes: AsyncIterable<Uint8Array>,
): Promise<{ text: string; bytes: AsyncIterable<Uint8Array> }> {
  const chunks = bytes[Symbol.asyncIterator]()
  const first: Uint8Array[] = []
  let length = 0
  while (length < ENOUGH) {
    const { value, done } = await chunks.next()
    if (done) break
    first.push(value)
    length += value.length
  }
  const text = Buffer.concat(first)
    .subarray(0, ENOUGH)
    .toString('latin1')
    .replaceAll('\0', '')
    .replace(/^(?:ÿþ|þÿ|ï»¿)/, '')
    .trimStart()
  async function* all(): AsyncGenerator<Uint8Array> {
    try {
      yield* first
      for (let next = await chunks.next(); !next.done; next = await chunks.next()) yield next.value
    } finally {
      await chunks.return?.()
    }
  }
  return { text, bytes: all() }
}
