/** A part of an import that the collector has: rows `from` up to, not including, `to`. */
export interface KnownPart {
  from: number
  to: number
  id: string
}

/** One answer of the collector about an import. */
export interface KnownPage {
  generation: number
  parts: readonly KnownPart[]
  /** Where to ask on; null where there is no more. */
  next: number | null
}

/** The parts that the collector has, in order of their rows. */
export interface KnownParts {
  /** Which generation new parts belong to. */
  readonly generation: number
  /** The next part, without taking it. */
  peek(): Promise<KnownPart | undefined>
  /** Goes past the next part. */
  take(): void
}

/**
 * Reads the parts of an import a page at a time, because a billion rows have a million of them.
 * @param ask gives the page from a row on; undefined for an import that the collector does not know
 */
export async function readKnownParts(
  ask: (after: number) => Promise<KnownPage | undefined>,
): Promise<KnownParts> {
  const first = await ask(0)
  let page = first
  let index = 0
  return {
    generation: first?.generation ?? 0,
    async peek() {
      while (page && index >= page.parts.length && page.next !== null) {
        page = await ask(page.next)
        index = 0
      }
      return page?.parts[index]
    },
    take() {
      index++
    },
  }
}

/** The parts of an import that is sent nowhere, or for the first time. */
export const NO_KNOWN_PARTS: KnownParts = {
  generation: 0,
  peek: () => Promise.resolve(undefined),
  take() {},
}
