import type { TextRow } from '../../apps/collector/src/db/memory-tables.ts'
import { readCounts } from '../../apps/collector/src/fold/status.ts'
import type { LoggedBatch, LoggedEvent } from '../../apps/collector/src/log/event-log.ts'
import type { Attempt } from '../../packages/sdk/src/transport/transport.ts'
import type { SimulatedCollector } from './collector.ts'
import type { Server } from './faulty-database.ts'

/** What really happened, as nobody in the world can know it, and what is wrong with what they made of it. */
export interface Truth {
  /** What visitors did: hits by parent, of which each but the hot ones is one event. */
  tracked: Map<string, number>
  /** Ids that were answered 202. */
  acknowledged: Set<string>
  onSent(attempt: Attempt): void
  /** Guarantee 5, at this moment. */
  checkIdentity(): Promise<void>
  /** Guarantees 1 and 2, once everything has drained. */
  checkTables(): void
  /** Sentences; none where all is well. */
  violations: string[]
}

/** Parents that everybody counts on. */
export const HOT = ['hot0', 'hot1']

type Sums = Map<string, { hits: number; cents: number }>

/** Watches over collectors and their database. */
export function createTruth(
  collectors: readonly SimulatedCollector[],
  server: Server,
  now: () => number,
): Truth {
  const violations: string[] = []
  const tracked = new Map<string, number>()
  const acknowledged = new Set<string>()
  const sealed = new Map<string, string>()
  const must = (holds: boolean, violation: () => string) => {
    if (!holds) violations.push(violation())
  }

  function distinct(): Map<string, LoggedBatch> {
    const batches = new Map<string, LoggedBatch>()
    for (const { disk } of collectors) {
      for (const batch of disk.synced.values()) {
        const other = batches.get(batch.id) ?? batch
        const differ = what(other) !== what(batch)
        must(!differ, () => `batch ${batch.id} is in the logs with ${what(other)} and with ${what(batch)}`)
        batches.set(batch.id, other)
      }
    }
    return batches
  }

  async function checkIdentity(): Promise<void> {
    for (const { name, disk } of collectors) {
      const counts = await readCounts(disk.log, server.database, now())
      const { received, accepted, folded, dead, duplicates, waiting } = counts
      const rejected = sumOf(Object.values(counts.rejected))
      const dropped = sumOf(Object.values(counts.dropped))
      const synced = [...disk.synced.values()]
      const really = [
        sumOf(synced.map((batch) => batch.received)),
        sumOf(synced.map(({ events }) => events.length)),
      ]
      const holds =
        received === accepted + rejected + dropped &&
        accepted === folded + dead + duplicates + waiting &&
        received === really[0] &&
        accepted === really[1]
      must(
        holds,
        () => `${name}: the log got ${really[0]} and accepted ${really[1]}: ${JSON.stringify(counts)}`,
      )
      must(dead === 0, () => `${name}: ${dead} dead letters`)
    }
  }

  function checkTables(): void {
    const batches = distinct()
    for (const id of acknowledged) must(batches.has(id), () => `${id} was answered 202 and is in no log`)
    const expected: Sums = new Map()
    for (const { events } of batches.values()) {
      for (const [, parent, , fields] of events) add(expected, parent, amountsOf(fields))
    }
    const tables = server.database.tables()
    for (const name of ['view', 'view_by_dimensions', 'view_by_day']) {
      const found = rollUp(tables[name] ?? [])
      for (const parent of new Set([...expected.keys(), ...found.keys()])) {
        const [should, is] = [expected, found].map((sums) => JSON.stringify(sums.get(parent)))
        must(should === is, () => `${name}, ${parent}: is ${is}, should be ${should}`)
      }
    }
    for (const [parent, { hits }] of rollUp(tables.view ?? [])) {
      const once = tracked.get(parent) ?? 0
      const holds = HOT.includes(parent) ? hits <= once : hits === once
      must(holds, () => `${parent} was tracked with ${once} hits and counted with ${hits}`)
    }
  }

  return {
    tracked,
    acknowledged,
    violations,
    checkIdentity,
    checkTables,
    onSent({ id, events }) {
      const before = sealed.get(id) ?? events
      sealed.set(id, events)
      must(before === events, () => `batch ${id} was sent as ${before} and as ${events}`)
    },
  }
}

function what({ events }: LoggedBatch): string {
  return JSON.stringify(events.map(([dataset, parent, , fields]) => [dataset, parent, fields]))
}

function amountsOf(fields: LoggedEvent[3]): [hits: number, cents: number] {
  const amounts: [number, number] = [0, 0]
  for (let i = 0; i < fields.length; i += 2) amounts[fields[i] as 0 | 1] += Number(fields[i + 1])
  return amounts
}

function rollUp(rows: readonly TextRow[]): Sums {
  const sums: Sums = new Map()
  for (const { parent, hits, revenue } of rows) {
    add(sums, parent!, [Number(hits), Number(revenue!.replace('.', ''))])
  }
  return sums
}

function add(sums: Sums, parent: string, [hits, cents]: [number, number]): void {
  const before = sums.get(parent) ?? { hits: 0, cents: 0 }
  sums.set(parent, { hits: before.hits + hits, cents: before.cents + cents })
}

function sumOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0)
}
