/** A line of text, its number from 1. A line that is too long is cut where the limit is. */
export interface Line {
  line: number
  text: string
  tooLong: boolean
}

/** Splits text into lines, in groups; blank ones are counted and left out. */
export async function* linesOf(pieces: AsyncIterable<string>, longest: number): AsyncGenerator<Line[]> {
  let rest = ''
  let line = 1
  let skipping = false
  function take(final: boolean): Line[] {
    const texts = rest.split('\n')
    rest = final ? '' : (texts.pop() as string)
    const found: Line[] = []
    for (const text of texts) {
      if (!skipping && text.trim() !== '') {
        found.push({ line, text: text.slice(0, longest).replace(/\r$/, ''), tooLong: text.length > longest })
      }
      skipping = false
      line++
    }
    if (rest.length > longest) {
      if (!skipping) found.push({ line, text: rest.slice(0, longest), tooLong: true })
      skipping = true
      rest = ''
    }
    return found
  }
  for await (const piece of pieces) {
    rest += piece
    const found = take(false)
    if (found.length > 0) yield found
  }
  const found = take(true)
  if (found.length > 0) yield found
}
