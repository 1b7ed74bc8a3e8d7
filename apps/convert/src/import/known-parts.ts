import { ConvertError } from '../error.ts'

/** A part of an import that the collector has: rows `from` up to, not including, `to`. */
export interface KnownPart {
  from: number
  to: number
  id: string
  /** How many of its events the collector accepted. */
  events: number
}

/** An import as the collector lists it. Times are ISO 8601. */
export interface ImportSummary {
  name: string
  generation: number
  /** `undoing`: some of it was taken back, and the rest is to follow. */
  state: 'unfinished' | 'finished' | 'undoing' | 'undone'
  rows: number
  events: number
  batches: number
  began: string
  ended: string
}

/** One answer of the collector about an import. */
export interface KnownPage extends Pick<ImportSummary, 'generation' | 'state'> {
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
 * @throws ConvertError for an import that is being taken back
 */
export async function readKnownParts(
  name: string,
  ask: (after: number) => Promise<KnownPage | undefined>,
): Promise<KnownParts> {
  const first = await ask(0)
  if (first?.state === 'undoing') {
    throw new ConvertError(
      'refused',
      `import ${JSON.stringify(name)} is half taken back; run it with --undo once more to end that, then import`,
    )
  }
  // Taken back, it counts from its beginning once more, under the next even generation.
  if (first?.state === 'undone') return noKnownParts(first.generation + 2)
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
export function noKnownParts(generation = 0): KnownParts {
  return { generation, peek: () => Promise.resolve(undefined), take() {} }
}
