import type { WireEvent } from '@trackable/protocol'
import { createMemoryTransport, type MemoryTransport } from '../transport/memory.ts'

/** An event as a collector would take it. Increments of one field of one parent may be merged in it. */
export interface TrackedEvent {
  dataset: string
  parent: string
  at: Date
  fields: Record<string, unknown>
  dimensions: Record<string, string>
}

/** A transport that carries nothing, and tells what was tracked. */
export interface TestTransport extends MemoryTransport {
  /** What was sent, each batch once however often it was tried. `await tracker.flush()` first. */
  events(): TrackedEvent[]
  /** The sum of a field of one parent in `events()`: 0 where nothing was tracked. */
  total(dataset: string, parent: string | number | bigint, field: string): number
  /** Forgets what was sent. */
  clear(): void
}

/**
 * Creates a transport with which a test asserts what was tracked. It accepts every batch at once; `answer` makes it
 * fail. Close the tracker after each test: a living one of the same endpoint and key keeps the transport it has.
 * @example
 * const transport = createTestTransport()
 * const tracker = createTracker({ endpoint: 'http://test', key: 'pk_test', store: 'memory', transport })
 * …
 * await tracker.close()
 * expect(transport.total('article', '42', 'impressions')).toBe(1)
 */
export function createTestTransport(): TestTransport {
  const transport = createMemoryTransport()
  const events = () => {
    const batches = new Map(transport.attempts.map((attempt) => [attempt.id, attempt.events]))
    return [...batches.values()].flatMap((text) => (JSON.parse(text) as WireEvent[]).map(trackedOf))
  }
  return {
    ...transport,
    events,
    total(dataset, parent, field) {
      const mine = events().filter((event) => event.dataset === dataset && event.parent === `${parent}`)
      return mine.reduce((sum, { fields }) => sum + Number(fields[field] ?? 0), 0)
    },
    clear() {
      transport.attempts.length = 0
    },
  }
}

function trackedOf({ dataset, parent, at, fields, dimensions = {} }: WireEvent): TrackedEvent {
  return { dataset, parent: `${parent}`, at: new Date(at), fields, dimensions }
}
