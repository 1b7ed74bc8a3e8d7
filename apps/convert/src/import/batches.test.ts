import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Mapped } from '../mapping/mapping.ts'
import { type MappedRow, type PlannedBatch, planBatches } from './batches.ts'
import { type KnownPart, readKnownParts } from './known-parts.ts'

const LINES_BEFORE = 2

/** Rows whose event holds this text; null for a row that becomes none. */
async function* rowsOf(texts: readonly (string | null)[], group: number): AsyncGenerator<MappedRow[]> {
  const rows = texts.map((text, index): MappedRow => {
    const mapped: Mapped =
      text === null
        ? { kind: 'left out', by: '--where' }
        : { kind: 'event', event: { json: JSON.stringify(text), parent: text, at: 0, userAgent: undefined } }
    return { origin: { table: { name: 'in.csv' }, line: index + LINES_BEFORE, text: '' }, mapped }
  })
  for (let at = 0; at < rows.length; at += group) yield rows.slice(at, at + group)
}
function knownOf(parts: readonly KnownPart[], page = 2) {
  return readKnownParts('name', async (after) => {
    const rest = parts.filter(({ from }) => from >= after)
    if (parts.length === 0) return undefined
    return { generation: 3, state: 'unfinished', parts: rest.slice(0, page), next: rest[page]?.from ?? null }
  })
}
async function plan(texts: readonly (string | null)[], known: readonly KnownPart[] = [], group = 100) {
  const batches: PlannedBatch[] = []
  for await (const batch of planBatches(rowsOf(texts, group), 'name', await knownOf(known)))
    batches.push(batch)
  return batches
}
const generations = { generation: 3 }
const partOf = ({ sealed: { id, part }, events }: PlannedBatch): KnownPart => ({
  from: part.from,
  to: part.to,
  id,
  events: events.length,
})
const spans = (batches: readonly PlannedBatch[]) =>
  batches.map(({ sealed: { part }, known }) => [part.from, part.to, known !== undefined])
const many = (count: number) => Array.from({ length: count }, (_, index) => `event ${index}`)

/** Parts under generation 3, which is what a collector that knows some says. */
async function partsOf(texts: readonly (string | null)[]): Promise<KnownPart[]> {
  const batches: PlannedBatch[] = []
  const known = { ...generations, peek: () => Promise.resolve(undefined), take() {} }
  for await (const batch of planBatches(rowsOf(texts, 100), 'name', known)) batches.push(batch)
  return batches.map(partOf)
}

describe('rows', () => {
  it('are cut at a thousand events, rows without an event counted', async () => {
    const texts = many(2500).map((text, index) => (index % 2 === 0 ? text : null))
    // The row after the thousandth event still belongs to its batch.
    expect(spans(await plan(texts))).toEqual([
      [0, 2000, false],
      [2000, 2499, false],
    ])
  })

  it('are cut before a body would be too large', async () => {
    const batches = await plan(Array(100).fill('x'.repeat(50_000)))
    for (const { sealed } of batches) expect(sealed.events.length).toBeLessThan(900 * 1024 + 2)
    expect(batches.flatMap(({ events }) => events)).toHaveLength(100)
  })

  it('at the end that are no events stay open: a line that was being written counts once it is whole', async () => {
    expect(await plan([null, null])).toEqual([])
    const cut = await partsOf(['a', null, 'b', null])
    expect(cut).toMatchObject([{ from: 0, to: 3 }])
    const whole = await plan(['a', null, 'b', 'c', 'd'], cut)
    expect(spans(whole)).toEqual([
      [0, 3, true],
      [3, 5, false],
    ])
  })

  it('of an empty input make none', async () => {
    expect(await plan([])).toEqual([])
  })
})

describe('an import that is run again', () => {
  it('has the same ids, however its rows were grouped', async () => {
    const once = await plan(many(3210), [], 7)
    expect((await plan(many(3210), [], 5000)).map(partOf)).toEqual(once.map(partOf))
  })

  it('knows every part again', async () => {
    const parts = await partsOf(many(3210))
    expect((await plan(many(3210), parts)).every(({ known }) => known)).toBe(true)
  })

  it('fills any gaps with the batches that were there, whichever parts are known', async () => {
    const texts = many(6500)
    const parts = await partsOf(texts)
    await fc.assert(
      fc.asyncProperty(fc.subarray(parts, { minLength: 1 }), async (known) => {
        const batches = await plan(texts, known)
        expect(batches.map(partOf)).toEqual(parts)
        expect(batches.filter((batch) => batch.known).map(partOf)).toEqual(known)
      }),
      { numRuns: 30 },
    )
  })

  it('goes on after the last known part where the input has grown, and counts nothing twice', async () => {
    const parts = await partsOf(many(1500))
    expect(spans(await plan(many(2700), parts))).toEqual([
      [0, 1000, true],
      [1000, 1500, true],
      [1500, 2500, false],
      [2500, 2700, false],
    ])
  })
})

describe('an import whose input has changed', () => {
  const failing = async (texts: readonly (string | null)[], known: readonly KnownPart[]) => {
    const sent: PlannedBatch[] = []
    try {
      for await (const batch of planBatches(rowsOf(texts, 100), 'name', await knownOf(known)))
        sent.push(batch)
    } catch (error) {
      return { sent, error: error as Error & { code: string } }
    }
    throw new Error('it was taken')
  }

  it('is refused at the part that differs, which it names', async () => {
    const parts = await partsOf(many(3000))
    const { sent, error } = await failing(many(3000).with(1234, 'other'), parts)
    expect(spans(sent)).toEqual([[0, 1000, true]])
    expect(error.code).toBe('import_changed')
    expect(error.message).toContain('rows 1001 to 2000 (from line 1002 of in.csv on)')
  })

  it('is refused where it is shorter, before the part that is cut off is sent', async () => {
    const parts = await partsOf(many(3000))
    for (const rows of [0, 500, 2000, 2999]) {
      const { sent, error } = await failing(many(rows), parts)
      expect(error.message).toContain(`the input ends after ${rows} rows`)
      expect(sent.every(({ known }) => known)).toBe(true)
    }
    const { error } = await failing(many(1500), parts.slice(2))
    expect(error.message).toContain('the input ends after 1500 rows')
  })

  it('is refused where more rows become events than before', async () => {
    const parts = await partsOf([...Array(5000).fill(null), 'last'])
    expect((await failing([...many(5000), 'last'], parts)).error.code).toBe('import_changed')
  })

  it('is refused where the parts of two imports overlap', async () => {
    const [part] = await partsOf(many(1000))
    const { error } = await failing(many(3000), [part!, { ...part!, from: 500, to: 1500 }])
    expect(error.message).toContain('overlap')
  })
})
