import type { Entry, EventLog, LoggedBatch } from '../../apps/collector/src/log/event-log.ts'
import { LogError } from '../../apps/collector/src/log/event-log.ts'
import { createMemoryLog } from '../../apps/collector/src/log/memory.ts'
import type { Faults } from './faults.ts'
import type { World } from './world.ts'

/** A disk with a log on it, and every batch that was ever synced to it, by position. */
export interface Disk {
  log: EventLog
  synced: Map<string, LoggedBatch>
}

/** A process, as long as it lives. */
export interface Life {
  alive: boolean
}

/** A log as one process has it open. */
export interface OpenLog extends EventLog {
  /** The process is dead: of what was not synced, a part may have come to the disk, from the oldest on. */
  crash(): void
}

interface Waiting {
  batch: LoggedBatch
  settle(position: string): void
  fail(error: Error): void
}

/** What a dead process waits for: a promise of its own, since one for all would keep every waiting world alive. */
export const never = (): Promise<never> => new Promise(() => {})

/** An empty disk. */
export function createDisk(definitions: readonly unknown[]): Disk {
  return { log: createMemoryLog(definitions), synced: new Map() }
}

/**
 * Opens the log of a disk. What is appended waits for the next sync, and nothing is told before that; a crash takes
 * what waits.
 * @param early the planted bug: the answer comes before the sync
 */
export function openLog(
  world: World,
  { log, synced }: Disk,
  life: Life,
  faults: Faults,
  early: boolean,
): OpenLog {
  let queued: Waiting[] = []
  let syncing: Waiting[] = []

  async function write({ batch }: Waiting): Promise<string> {
    const kept = JSON.parse(JSON.stringify(batch)) as LoggedBatch
    const position = await log.append(kept)
    synced.set(position, kept)
    return position
  }
  async function sync(): Promise<void> {
    while (queued.length > 0 && life.alive) {
      syncing = queued
      queued = []
      await world.sleep(world.between(1, faults.slowDisk ? 400 : 10))
      if (!life.alive) return
      if (world.chance(faults.sync)) return failSync()
      for (const waiting of syncing) waiting.settle(await write(waiting))
      syncing = []
    }
  }
  function failSync(): void {
    const error = new LogError('the sync failed', true)
    for (const { fail } of [...syncing, ...queued]) fail(error)
  }
  return {
    id: log.id,
    append: (batch) =>
      new Promise((settle, fail) => {
        queued.push({ batch, settle, fail })
        if (queued.length + syncing.length === 1) void sync()
        if (early) settle('before the sync')
      }),
    async read(after, maxBytes): Promise<Entry[]> {
      await world.sleep(world.between(0, 3))
      return life.alive ? log.read(after, maxBytes) : never()
    },
    view: (after) => log.view(after),
    trim: (through, before) => log.trim(through, before),
    close: () => log.close(),
    crash() {
      const lost = [...syncing, ...queued]
      for (const waiting of lost.slice(0, world.between(0, lost.length))) void write(waiting)
      // Nobody is there for it, but ingest, which outlives its process here, holds room for what is under way.
      for (const { fail } of lost) fail(new LogError('the process died', false))
      queued = []
      syncing = []
    },
  }
}
