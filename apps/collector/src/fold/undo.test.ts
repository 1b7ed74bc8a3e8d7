import { counter, defineDataset } from '@trackable/dataset'
import { uuidv8 } from '@trackable/protocol'
import { Hono } from 'hono'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { createImportWrites } from '../admin/imports.ts'
import { type Refusal, refuse } from '../answer.ts'
import { pruneBuckets } from '../db/prune-buckets.ts'
import type { LoggedBatch } from '../log/event-log.ts'
import { batch, foldTables } from './fold.setup.ts'
import { verify } from './verify.ts'

const DAY = 86_400_000
const IMPORTED = Date.parse('2026-05-08T12:00:00Z')
const UNDONE = Date.parse('2026-05-10T12:00:00Z')

const { setUp, query } = foldTables()
const view = defineDataset('view', {
  fields: { hits: counter() },
  series: { grains: ['month', 'day'], zone: 'UTC', keep: { month: '7d', day: '7d' } },
})
const hit = (at: number, hits: number): any => [0, 'a', at, [0, hits]]

/** An import of two events: one that the series kept when it came, and one that they never had. */
async function setUpImport(refusal?: Refusal) {
  const set = await setUp({ datasets: [view] })
  const { db, schema, log, fold } = set
  const events = [hit(Date.parse('2026-05-02T00:00:00Z'), 3), hit(Date.parse('2026-04-30T00:00:00Z'), 40)]
  const part = { name: 'old', generation: 0, from: 0, to: 2 }
  const imported: LoggedBatch = {
    id: uuidv8(new Uint8Array(16)),
    arrival: IMPORTED,
    received: 2,
    import: part,
    events,
  }
  await log.append(imported)
  await fold.run()
  const secret: any = { id: 'k', kind: 'secret', datasets: [] }
  const writes = createImportWrites({
    db,
    schema,
    datasets: [view],
    keep: refusal ? async () => refusal : async (logged) => void (await log.append(logged)),
    settle: fold.settle,
    keyOf: () => secret,
  })
  const app = new Hono().route('/', writes)
  const undo = async () => {
    const answer = await app.request('/v1/imports/undo', { method: 'POST', body: '{"name":"old"}' })
    return answer.json()
  }
  return { ...set, undo }
}

// As the clock stands when the import is taken back.
beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'], now: UNDONE }))
afterEach(() => void vi.useRealTimers())

describe('an import that is taken back later than its buckets would take its events', () => {
  test('leaves every bucket in which it was, and none else', async () => {
    const { log, fold, rows, undo, db, schema, options } = await setUpImport()
    expect(await rows('view_by_month')).toMatchObject([{ bucket: '2026-05-01T00:00:00+00:00', hits: 3 }])
    await log.append(batch([hit(UNDONE, 1)], undefined, UNDONE))
    expect(await undo()).toMatchObject({ imports: [{ events: 2, next: null }] })
    expect(await rows('view')).toMatchObject([{ hits: 1 }])
    expect(await rows('view_by_month')).toMatchObject([{ bucket: '2026-05-01T00:00:00+00:00', hits: 1 }])
    // The ledger has its own arrival still.
    const [{ arrived }] = await query(
      `select arrived_at = '2026-05-10T12:00:00Z' as arrived from ${schema}._import_batches where generation = 1`,
    )
    expect(arrived).toBe(true)
    await fold.run()
    expect(await verify({ ...options, db, schema })).toEqual([])
  })

  test('does not make a bucket anew that is pruned by then', async () => {
    const { rows, undo, db, schema } = await setUpImport()
    expect(await rows('view_by_day')).toMatchObject([{ hits: 3 }])
    expect(await pruneBuckets(db, schema, [view], UNDONE, 100)).toBe(1)
    await undo()
    expect(await rows('view_by_day')).toEqual([])
    expect(await rows('view_by_month')).toEqual([])
    expect(UNDONE - IMPORTED).toBe(2 * DAY)
  })
})

test('what the log does not take is answered with why, and nothing is taken back', async () => {
  const { undo, rows } = await setUpImport(refuse('unavailable', 'the disk is full; send it again'))
  expect(await undo()).toMatchObject({ code: 'unavailable', message: 'the disk is full; send it again' })
  expect(await rows('view')).toMatchObject([{ hits: 43 }])
})
