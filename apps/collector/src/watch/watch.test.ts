import { counter, defineDataset } from '@trackable/dataset'
import { uuidv7 } from '@trackable/protocol'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { FoldDatabase } from '../db/fold-database.ts'
import { createMemoryFoldDatabase } from '../db/memory.ts'
import { ClockError } from '../fold/housekeeping.ts'
import { createMemoryLog } from '../log/memory.ts'
import type { Alerts } from './alerts.ts'
import { startWatch } from './watch.ts'

const MINUTE = 60_000

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** A watch over a log and a database in memory, and what it has called the operator for that still is so. */
async function watching() {
  const log = createMemoryLog([defineDataset('article', { fields: { n: counter() } })])
  const memory = createMemoryFoldDatabase()
  const world = { away: false, refusal: undefined as string | undefined, clockMoved: false }
  const database: FoldDatabase = {
    ...memory,
    readLog: (id) => (world.away ? Promise.reject(new Error('connection refused')) : memory.readLog(id)),
  }
  const open = new Set<string>()
  const alerts: Alerts = {
    raise: (alert) => void open.add(alert),
    clear: (alert) => void open.delete(alert),
    settled: async () => undefined,
  }
  const watch = startWatch({
    log,
    database,
    refusal: async () => world.refusal,
    keepHouse: async () => {
      if (world.clockMoved) throw new ClockError(90_000)
      return { ids: 0, buckets: 0 }
    },
    alerts,
    report: () => undefined,
  })
  return { log, memory, world, open, watch, pass: (ms: number) => vi.advanceTimersByTimeAsync(ms) }
}

test('an operator is called where the database has not answered for a minute, also from the start on', async () => {
  const { world, open, pass, watch } = await watching()
  world.away = true
  await pass(MINUTE - 1000)
  expect([...open]).toEqual([])
  await pass(MINUTE / 2)
  expect([...open]).toEqual(['database_away'])
  world.away = false
  await pass(MINUTE / 2)
  expect([...open]).toEqual([])
  await watch.stop()
})

test('an operator is called for a log that refuses, and for a clock that was moved, until that is over', async () => {
  const { world, open, pass, watch } = await watching()
  Object.assign(world, { refusal: 'the disk is full', clockMoved: true })
  await pass(MINUTE)
  expect([...open].sort()).toEqual(['clock_moved', 'log_refuses'])
  Object.assign(world, { refusal: undefined, clockMoved: false })
  await pass(MINUTE)
  expect([...open]).toEqual([])
  await watch.stop()
})

test('an operator is called for an event that waits for five minutes, unless somebody paused the fold', async () => {
  const { log, memory, open, pass, watch } = await watching()
  const id = uuidv7(Date.now(), new Uint8Array(10))
  await log.append({ id, arrival: Date.now(), received: 1, events: [[0, 'a', Date.now(), [0, 1]]] })
  await pass(4 * MINUTE)
  expect([...open]).toEqual([])
  await pass(2 * MINUTE)
  expect([...open]).toEqual(['log_old'])
  memory.setPaused(log.id, true)
  await pass(MINUTE)
  expect([...open]).toEqual([])
  await watch.stop()
})
