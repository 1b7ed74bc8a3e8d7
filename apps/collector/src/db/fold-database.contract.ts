import { counter, type Dataset, defineDataset, sum } from '@trackable/dataset'
import { type Int, layoutOf } from '@trackable/dataset/fold'
import { uuidv7, uuidv8 } from '@trackable/protocol'
import { expect, test } from 'vitest'
import { RETRY_STATE } from './commit-sql.ts'
import { sqlStateOf } from './errors.ts'
import type { CommitInput, FoldDatabase, TableRows } from './fold-database.ts'
import type { Tables } from './memory-tables.ts'

/** A database under test, with what surrounds the fold. */
export interface Subject {
  database: FoldDatabase
  setPaused(log: string, paused: boolean): Promise<void>
  setOffset(log: string, expected: string | null, offset: string | null): Promise<boolean>
  reportOldest(log: string, oldest: number): Promise<void>
  pruneLedger(windowMs: number, limit: number): Promise<number>
  tables(): Promise<Tables>
}

/** The dataset whose tables a subject has. */
export const sale: Dataset = defineDataset('sale', {
  fields: { orders: counter(), revenue: sum({ scale: 2 }) },
  dimensions: { country: { maxLength: 9, maxValues: 2 } },
  series: { grains: ['day'], zone: 'UTC' },
})

const DAY = 86_400_000
export const ARRIVED = Date.parse('2026-03-28T12:00:00Z')
const MOST = 2n ** 63n - 1n

/** The id of a batch. */
export function idOf(number: number): string {
  return uuidv7(ARRIVED + number, new Uint8Array(10))
}

/** Deltas of one event in every table. */
export function deltasOf(parent: string, orders: Int, cents: Int, country = ''): TableRows[] {
  const bucket = Math.floor(ARRIVED / DAY) * DAY
  const tables = layoutOf(sale).map((layout) => ({
    layout,
    rows: [
      {
        parent,
        bucket: layout.bucket ? bucket : 0,
        dimensions: layout.kind === 'totals' ? [] : [country],
        states: [orders, cents],
      },
    ],
  }))
  return tables.sort((a, b) => (a.layout.name < b.layout.name ? -1 : 1))
}

/** A commit of one batch with one event, at a position of log `one`, and where it differs from that. */
export function inputOf(number: number, differs: Partial<CommitInput> = {}): CommitInput {
  const position = `p${number}`
  return {
    log: 'one',
    expected: number === 0 ? null : `p${number - 1}`,
    next: position,
    counted: position,
    batches: [{ id: idOf(number), position }],
    imports: [],
    oldestArrival: ARRIVED,
    newestArrival: ARRIVED,
    repeats: [],
    counts: {
      batches: 1,
      received: 3,
      accepted: 1,
      folded: 1,
      dead: 0,
      duplicates: 0,
      rejected: { too_old: 1 },
      dropped: { bot: 1 },
    },
    dead: [],
    values: [],
    tables: deltasOf('a', 1, 250),
    ...differs,
  }
}

function importPart(from: number, position: string) {
  const arrived = new Date(ARRIVED).toISOString()
  return {
    id: uuidv8(new Uint8Array(16)),
    name: 'history',
    generation: 0,
    from,
    to: from + 5,
    events: 5,
    position,
    arrived,
  }
}

const COMMITTED = { outcome: 'committed' }

/** What every database of the fold promises. `create` gives an empty one. */
export function foldDatabaseContract(create: () => Promise<Subject>): void {
  test('a commit adds its deltas, and moves offset and counts', async () => {
    const { database, tables } = await create()
    expect(await database.readLog('one')).toBeUndefined()
    expect(await database.commit(inputOf(0))).toEqual(COMMITTED)
    expect(await database.commit(inputOf(1, { tables: deltasOf('a', 2, -50) }))).toEqual(COMMITTED)
    expect(await database.readLog('one')).toEqual({
      position: 'p1',
      counted: 'p1',
      paused: false,
      latestArrival: ARRIVED,
      lost: null,
      batches: 2,
      received: 6,
      accepted: 2,
      folded: 2,
      dead: 0,
      duplicates: 0,
      rejected: { too_old: 2 },
      dropped: { bot: 2 },
    })
    const { sale, sale_by_day: byDay, _control: control } = await tables()
    expect(sale).toEqual([{ parent: 'a', orders: '3', revenue: '2.00' }])
    expect(byDay).toMatchObject([{ parent: 'a', country: '', orders: '3', revenue: '2.00' }])
    expect(control).toContainEqual({ log: 'one', table: 'sale', column: 'revenue', total: '2.00' })
  })

  test('counts may reach further than the offset, where a log is folded again', async () => {
    const { database, setOffset } = await create()
    expect(await setOffset('one', null, 'p0')).toBe(false)
    await database.commit(inputOf(0, { counted: 'p7' }))
    expect(await setOffset('one', 'p5', null)).toBe(false)
    expect(await database.readLog('one')).toMatchObject({ position: 'p0', counted: 'p7' })
    expect(await setOffset('one', 'p0', null)).toBe(true)
    expect(await database.readLog('one')).toMatchObject({ position: null, counted: 'p7', batches: 1 })
  })

  test('a commit from another offset than the stored one is told that it moved, and writes nothing', async () => {
    const { database, tables } = await create()
    await database.commit(inputOf(0))
    const before = await tables()
    expect(await database.commit(inputOf(0))).toEqual({ outcome: 'moved' })
    expect(await database.commit(inputOf(2))).toEqual({ outcome: 'moved' })
    expect(await database.commit(inputOf(1, { expected: null }))).toEqual({ outcome: 'moved' })
    expect(await tables()).toEqual(before)
    expect(await database.commit(inputOf(1))).toEqual(COMMITTED)
  })

  test('a paused log takes nothing until it goes on', async () => {
    const { database, tables, setPaused } = await create()
    await database.commit(inputOf(0))
    await setPaused('one', true)
    const before = await tables()
    expect(await database.commit(inputOf(1))).toEqual({ outcome: 'paused' })
    expect(await tables()).toEqual(before)
    expect(await database.readLog('one')).toMatchObject({ paused: true, position: 'p0' })
    await setPaused('one', false)
    expect(await database.commit(inputOf(1))).toEqual(COMMITTED)
  })

  test('a log may be paused before it has folded anything', async () => {
    const { database, setPaused } = await create()
    await setPaused('one', true)
    expect(await database.commit(inputOf(0))).toEqual({ outcome: 'paused' })
    expect(await database.readLog('one')).toMatchObject({ paused: true, position: null, latestArrival: null })
  })

  test('a batch that has counted is known: as a repeat elsewhere, as taken before where it was', async () => {
    const { database, tables } = await create()
    await database.commit(inputOf(0))
    const before = await tables()
    const copy = { id: idOf(0), position: 'p1' }
    const other = { id: idOf(1), position: 'p1' }
    expect(await database.commit(inputOf(1, { batches: [copy] }))).toEqual({
      outcome: 'known',
      known: [{ position: 'p1', again: false }],
    })
    const refolded = { batches: [{ id: idOf(0), position: 'p0' }, other], next: 'p1' }
    expect(await database.commit(inputOf(1, refolded))).toEqual({
      outcome: 'known',
      known: [{ position: 'p0', again: true }],
    })
    expect(await tables()).toEqual(before)
  })

  test('a repeat that was noted is known again, whether it is asked as a batch or as a repeat', async () => {
    const { database } = await create()
    await database.commit(inputOf(0))
    const noted = inputOf(1, { batches: [], oldestArrival: null, repeats: ['p1'], tables: [] })
    expect(await database.commit(noted)).toEqual(COMMITTED)
    const known = { outcome: 'known', known: [{ position: 'p1', again: true }] }
    expect(await database.commit(inputOf(2, { batches: [{ id: idOf(0), position: 'p1' }] }))).toEqual(known)
    expect(await database.commit(inputOf(2, { batches: [], repeats: ['p1'] }))).toEqual(known)
  })

  test('two logs count each batch once, whatever their positions are called', async () => {
    const { database, tables } = await create()
    await database.commit(inputOf(0))
    const second = { log: 'two', expected: null }
    expect(await database.commit(inputOf(0, second))).toEqual({
      outcome: 'known',
      known: [{ position: 'p0', again: false }],
    })
    const another = { ...second, batches: [{ id: idOf(5), position: 'p0' }] }
    expect(await database.commit(inputOf(0, another))).toEqual(COMMITTED)
    expect((await tables()).sale).toEqual([{ parent: 'a', orders: '2', revenue: '5.00' }])
    expect(await database.readLog('one')).toMatchObject({ batches: 1 })
  })

  test('a batch of an import is known by its place, whatever it is called', async () => {
    const { database, tables } = await create()
    const first = { batches: [], oldestArrival: null, imports: [importPart(0, 'p0')] }
    expect(await database.commit(inputOf(0, first))).toEqual(COMMITTED)
    const renamed = { ...importPart(0, 'p1'), id: uuidv8(new Uint8Array(16).fill(7)), to: 9 }
    const known = (position: string, again: boolean) => ({ outcome: 'known', known: [{ position, again }] })
    expect(await database.commit(inputOf(1, { batches: [], imports: [renamed] }))).toEqual(known('p1', false))
    const again = inputOf(1, { batches: [], imports: [importPart(0, 'p0')] })
    expect(await database.commit(again)).toEqual(known('p0', true))
    const next = [importPart(5, 'p1'), { ...importPart(0, 'p1'), generation: 1 }]
    expect(await database.commit(inputOf(1, { batches: [], imports: next }))).toEqual(COMMITTED)
    expect((await tables())._import_batches).toHaveLength(3)
  })

  test('the ledger forgets only what no log can bring again, and says where it ends', async () => {
    const { database, reportOldest, pruneLedger, tables } = await create()
    await database.commit(inputOf(0))
    await database.commit(
      inputOf(0, { log: 'two', expected: null, batches: [{ id: idOf(9), position: 'p0' }] }),
    )
    await reportOldest('one', ARRIVED + 5 * DAY)
    expect(await pruneLedger(DAY, 100)).toBe(0)
    await reportOldest('two', ARRIVED + 3 * DAY)
    expect(await pruneLedger(2 * DAY, 100)).toBe(0)
    expect(await pruneLedger(DAY, 1)).toBe(1)
    expect(await pruneLedger(DAY, 1)).toBe(1)
    expect((await tables())._batches).toBeUndefined()
    const before = { outcome: 'settled', before: ARRIVED + 2 * DAY }
    expect(await database.commit(inputOf(1))).toEqual(before)
    const young = { oldestArrival: ARRIVED + 2 * DAY, newestArrival: ARRIVED + 2 * DAY }
    expect(await database.commit(inputOf(1, young))).toEqual(COMMITTED)
  })

  test('what is no batch of its own has no age', async () => {
    const { database, reportOldest, pruneLedger } = await create()
    await reportOldest('one', ARRIVED + 5 * DAY)
    await pruneLedger(DAY, 100)
    expect(await database.commit(inputOf(0, { batches: [], oldestArrival: null }))).toEqual(COMMITTED)
  })

  test('the newest arrival never goes back', async () => {
    const { database } = await create()
    await database.commit(inputOf(0, { newestArrival: ARRIVED + DAY }))
    await database.commit(inputOf(1))
    expect(await database.readLog('one')).toMatchObject({ latestArrival: ARRIVED + DAY })
  })

  test('values of a dimension are admitted up to its cap, past it the commit is to be tried again', async () => {
    const { database, tables } = await create()
    const propose = (...values: string[]) => ({
      values: [{ dataset: 'sale', dimension: 'country', cap: 2, values }],
    })
    expect(await database.commit(inputOf(0, propose('DE')))).toEqual(COMMITTED)
    expect(await database.commit(inputOf(1, propose('DE', 'FR')))).toEqual(COMMITTED)
    const before = await tables()
    const refused = await database.commit(inputOf(2, propose('IT'))).catch(sqlStateOf)
    expect(refused).toBe(RETRY_STATE)
    expect(await tables()).toEqual(before)
    const values = await database.readDimensionValues()
    expect(values.map(({ value }) => value).sort()).toEqual(['DE', 'FR'])
  })

  test('an overflow is an error about a value, and writes nothing', async () => {
    const { database, tables } = await create()
    await database.commit(inputOf(0, { tables: deltasOf('a', MOST, 0) }))
    const before = await tables()
    const over = [deltasOf('a', 1, 0), deltasOf('b', MOST + 1n, 0)]
    for (const deltas of over) {
      expect(await database.commit(inputOf(1, { tables: deltas })).catch(sqlStateOf)).toBe('22003')
      expect(await database.probe(inputOf(1, { tables: deltas })).catch(sqlStateOf)).toBe('22003')
    }
    expect(await tables()).toEqual(before)
    expect(await database.commit(inputOf(1, { tables: deltasOf('a', -5, 10n ** 30n) }))).toEqual(COMMITTED)
    const { sale } = await tables()
    expect(sale).toEqual([{ parent: 'a', orders: String(MOST - 5n), revenue: `1${'0'.repeat(28)}.00` }])
  })

  test('a probe that would pass writes nothing', async () => {
    const { database, tables } = await create()
    await database.probe(inputOf(0))
    expect(await tables()).toEqual({})
    expect(await database.commit(inputOf(0))).toEqual(COMMITTED)
  })

  test('dead letters are kept with what a replay needs', async () => {
    const { database, tables } = await create()
    const letter = {
      position: 'p0',
      index: 2,
      dataset: 'sale',
      code: 'overflow',
      message: 'too large',
      arrival: ARRIVED + 1,
      event: { parent: 'a', fields: { orders: '7' } },
      logged: [0, 'a', ARRIVED, [0, 7], ['']],
      definition: { name: 'sale' },
    }
    await database.commit(inputOf(0, { dead: [letter] }))
    expect((await tables())._dead_letters).toMatchObject([
      {
        log: 'one',
        position: 'p0',
        index: '2',
        arrival: String(ARRIVED + 1),
        event: '{"fields":{"orders":"7"},"parent":"a"}',
      },
    ])
  })
}
