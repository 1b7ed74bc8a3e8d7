import { custom, defineDataset, distribution, last, max, min, unique } from '@trackable/dataset'
import { aggregateOf, type LoggedInput, layoutOf, stateTextOf } from '@trackable/dataset/fold'
import { expect, test } from 'vitest'
import { ARRIVED, inputOf, type Subject } from './fold-database.contract.ts'
import type { FoldDatabase, TableRows } from './fold-database.ts'

const words = custom({
  empty: () => ({}) as Record<string, number>,
  add: (state, word: string) => ({ ...state, [word]: (state[word] ?? 0) + 1 }),
  merge: (a, b) =>
    Object.fromEntries(
      [...Object.keys(a), ...Object.keys(b)].map((key) => [key, (a[key] ?? 0) + (b[key] ?? 0)]),
    ),
  result: (state) => Object.keys(state).length || null,
  input: (value) => (typeof value === 'string' ? value : undefined),
})

/** A dataset of every kind that is not simply added up. */
export const seen = defineDataset('seen', {
  fields: { low: min(), high: max(), price: last(), who: unique(), took: distribution(), words },
  dimensions: { country: {} },
})

/** What one event of `seen` carries, by field, as the log has it. */
export type Inputs = Partial<Record<keyof typeof seen.fields, LoggedInput>>

/** The element of a person. */
export function elementOf(person: number): string {
  return (BigInt(person) * 0x9e3779b97f4a7c15n).toString(16).slice(-16).padStart(16, '0')
}

/** Deltas of events of `seen`, in every table. */
export function seenDeltas(parent: string, events: readonly Inputs[], at = ARRIVED): TableRows[] {
  return layoutOf(seen).map((layout) => {
    const states = layout.fields.map(({ field, definition }) => {
      const { empty, add } = aggregateOf(definition)
      return events
        .map((event) => event[field as keyof Inputs])
        .reduce((state, input) => (input === undefined ? state : add(state, input, at)), empty())
    })
    const dimensions = layout.dimensions.map(() => 'DE')
    return { layout, rows: [{ parent, bucket: 0, dimensions, states }] }
  })
}

/** The deltas, merged onto what their rows have now. */
export async function ontoNow(database: FoldDatabase, tables: TableRows[]): Promise<TableRows[]> {
  const stored = await database.readStates(tables)
  return tables.map(({ layout, rows }, table) => {
    const texts = layout.fields.map(({ definition }) => stateTextOf(definition))
    return {
      layout,
      rows: rows.map((row, place) => {
        const now = stored[table]?.[place]
        if (!now) return row
        const left = [...now.states]
        const states = texts.map((text, field) => {
          const { merge } = aggregateOf(layout.fields[field]!.definition)
          return text ? merge(text.read(left.shift()!), row.states[field]) : undefined
        })
        return { ...row, onto: { hash: now.hash, states } }
      }),
    }
  })
}

const COMMITTED = { outcome: 'committed' }
const STALE = { outcome: 'stale' }

/** What every database of the fold promises of states that it cannot merge itself. */
export function statesContract(create: () => Promise<Subject>): void {
  const event = (person: number): Inputs => ({
    low: person,
    high: person,
    price: person / 4,
    who: elementOf(person),
    took: person / 8,
    words: `w${person % 2}`,
  })
  const commit = async (database: FoldDatabase, number: number, tables: TableRows[]) =>
    database.commit(inputOf(number, { tables }))

  test('a row gets its states, and what is read of them beside', async () => {
    const { database, tables } = await create()
    expect(await commit(database, 0, seenDeltas('a', [event(4), event(-8), event(4)]))).toEqual(COMMITTED)
    expect((await tables()).seen).toMatchObject([
      {
        parent: 'a',
        low: '-8',
        high: '4',
        price: '1',
        price_at: new Date(ARRIVED).toISOString(),
        who: expect.stringMatching(/^\\\\?x128d7f/),
        who_count: '2',
        took_count: '3',
        took_sum: '0',
        took_min: '-1',
        took_max: '0.5',
        words: '{"w0":3}',
        words_result: '1',
      },
    ])
  })

  test('states are written only onto what was read; otherwise nothing at all is written', async () => {
    const { database, tables } = await create()
    const second = () => seenDeltas('a', [event(7)])
    const early = await ontoNow(database, second())
    await commit(database, 0, seenDeltas('a', [event(1), event(2)]))
    const before = await tables()
    // Read while there was no row, and while there was another state.
    expect(await commit(database, 1, early)).toEqual(STALE)
    const read = await ontoNow(database, second())
    expect(await commit(database, 1, await ontoNow(database, seenDeltas('a', [event(3)])))).toEqual(COMMITTED)
    const between = await tables()
    expect(await commit(database, 2, read)).toEqual(STALE)
    expect(await database.probe(inputOf(2, { tables: read }))).toEqual(STALE)
    expect(await tables()).toEqual(between)
    expect(between).not.toEqual(before)
    const again = await ontoNow(database, second())
    expect(await database.probe(inputOf(2, { tables: again }))).toEqual({ outcome: 'passed' })
    expect(await commit(database, 2, again)).toEqual(COMMITTED)
    const whole = await create()
    await commit(whole.database, 0, seenDeltas('a', [1, 2, 3, 7].map(event)))
    expect((await tables()).seen).toEqual((await whole.tables()).seen)
    expect((await tables()).seen_by_dimensions).toEqual((await whole.tables()).seen_by_dimensions)
  })

  test('a row that saw nothing has no number for it, and is the same as one that was not written', async () => {
    const { database, tables } = await create()
    await commit(database, 0, seenDeltas('a', []))
    const empty = {
      low: 'null',
      high: 'null',
      price: 'null',
      price_at: 'null',
      who_count: '0',
      took_p50: 'null',
    }
    expect((await tables()).seen).toMatchObject([{ ...empty, words: '{}', words_result: 'null' }])
    await commit(database, 1, await ontoNow(database, seenDeltas('a', [event(5)])))
    const whole = await create()
    await commit(whole.database, 0, seenDeltas('a', [event(5)]))
    expect((await tables()).seen).toEqual((await whole.tables()).seen)
  })

  test('the newest number wins in any order, of two at one time the larger', async () => {
    const { database, tables } = await create()
    const price = (value: number, at: number) => seenDeltas('a', [{ price: value }], at)
    for (const [i, [value, at]] of (
      [
        [5, 2],
        [9, 1],
        [7, 2],
        [6, 2],
      ] as const
    ).entries()) {
      await commit(database, i, await ontoNow(database, price(value, ARRIVED + at)))
    }
    const price_at = new Date(ARRIVED + 2).toISOString()
    expect((await tables()).seen).toMatchObject([{ price: '7', price_at }])
  })

  test('any finite number is kept as it is', async () => {
    const { database, tables } = await create()
    const extremes = [5e-324, -5e-324, Number.MAX_VALUE, 1e-7, 1e21, 0.1]
    for (const [i, value] of extremes.entries()) {
      await commit(database, i, seenDeltas(`p${i}`, [{ low: value, took: value, price: value }]))
    }
    const rows = (await tables()).seen!
    for (const [i, value] of extremes.entries()) {
      const row = rows.find(({ parent }) => parent === `p${i}`)!
      for (const column of ['low', 'price', 'took_min', 'took_max', 'took_p50'])
        expect(Number(row[column])).toBe(value)
    }
  })
}
