import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { counter, defineDataset, sum } from '@trackable/dataset'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Flags } from '../settings/flags.ts'
import { readSettings } from '../settings/settings.ts'
import { createMapCollector, type Fate, KEY, type MapCollector } from '../testing/map-collector.ts'
import { run } from './run.ts'

const order = defineDataset('purchase', {
  fields: { orders: counter(), units: counter(), revenue: sum({ scale: 2 }) },
  dimensions: { country: { maxLength: 20 } },
})
const screen = { write: () => {} }
let collector: MapCollector
let folder: string
let input: string
const NAME = 'csv:purchase:orders.csv'
const FATES: Fate[] = ['unavailable', 'answer', 'cut after', 'answer', 'answer', 'cut before', 'answer']

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'convert-'))
  input = join(folder, 'orders.csv')
})
beforeEach(async () => {
  await collector?.close()
  collector = await createMapCollector([order as never])
})
afterAll(() => collector.close())

const row = (index: number) =>
  `s${index % 7},2011-07-${String((index % 28) + 1).padStart(2, '0')} 12:00,${index % 5},0.${index % 10}5,UK`
function save(rows: readonly string[]): void {
  writeFileSync(input, `${['sku,when,n,price,land', ...rows].join('\n')}\n`)
}
const rows = (count: number) => Array.from({ length: count }, (_, index) => row(index))
function settings(flags: Flags = {}, inputs = [input]) {
  return readSettings(
    'csv',
    inputs,
    {
      to: collector.url,
      key: KEY,
      dataset: 'purchase',
      parent: 'sku',
      at: 'when',
      zone: 'Europe/London',
      field: ['orders=1', 'units=n', 'revenue=n*price'],
      dimension: ['country=land'],
      ...flags,
    },
    {},
  )
}
const convert = (flags: Flags = {}) => run(settings(flags), screen)
/** The totals by arithmetic of whole cents. */
function expected(count: number, skip = (_index: number) => false): Record<string, string> {
  const totals: Record<string, [number, number, number]> = {}
  for (let index = 0; index < count; index++) {
    if (skip(index)) continue
    const of = totals[`s${index % 7}`] ?? [0, 0, 0]
    totals[`s${index % 7}`] = of
    of[0] += 1
    of[1] += index % 5
    of[2] += (index % 5) * ((index % 10) * 10 + 5)
  }
  return Object.fromEntries(
    Object.entries(totals)
      .flatMap(([sku, [orders, units, cents]]) => [
        [`purchase/${sku}/orders`, String(orders)],
        [`purchase/${sku}/revenue`, (cents / 100).toFixed(2)],
        [`purchase/${sku}/units`, String(units)],
      ])
      .sort(),
  )
}

describe('a conversion', () => {
  it('ends in the totals of its rows', async () => {
    save(rows(4321))
    const { tally, rejects } = await convert()
    expect(tally).toMatchObject({ read: 4321, events: 4321, rejected: 0, dropped: 0, duplicates: 0 })
    expect(new Date(tally.first).toISOString()).toBe('2011-07-01T11:00:00.000Z')
    expect(rejects).toEqual([])
    expect(collector.totals()).toEqual(expected(4321))
  })

  it('that is run twice changes nothing the second time, sends nothing, and says so', async () => {
    save(rows(4321))
    await convert()
    collector.fate(() => 'answer')
    const { tally } = await convert()
    expect(tally).toMatchObject({ read: 4321, events: 4321, duplicates: 4321 })
    expect(collector.writes()).toBe(0)
    expect(collector.totals()).toEqual(expected(4321))
  })

  it('of an input without rows sends nothing, and is no failure', async () => {
    save([])
    expect((await convert()).tally).toMatchObject({ read: 0, events: 0 })
    expect(collector.writes()).toBe(0)
  })

  it('goes on where it ended when the input has grown', async () => {
    save(rows(1500))
    await convert()
    save(rows(4321))
    expect((await convert()).tally).toMatchObject({ read: 4321, events: 4321, duplicates: 1500 })
    expect(collector.totals()).toEqual(expected(4321))
  })

  it('fills the gaps that a run left that was killed', async () => {
    save(rows(6500))
    await convert()
    for (const from of [1000, 2000, 4000]) collector.forget(NAME, from)
    expect((await convert()).tally).toMatchObject({ events: 6500, duplicates: 3500 })
    expect(collector.totals()).toEqual(expected(6500))
    expect(collector.parts(NAME).map(({ from }) => from)).toEqual([0, 1000, 2000, 3000, 4000, 5000, 6000])
  })

  it('counts once what a collector refused for a while, or whose answer was lost', async () => {
    save(rows(6500))
    collector.fate((request) => FATES[request % FATES.length]!)
    expect((await convert()).tally).toMatchObject({ events: 6500, duplicates: 0 })
    expect(collector.totals()).toEqual(expected(6500))
  })

  it('is refused when its input or its mapping has changed, and leaves the totals alone', async () => {
    save(rows(3000))
    await convert()
    save(rows(3000).with(1500, row(1501)))
    await expect(convert()).rejects.toMatchObject({ code: 'import_changed' })
    save(rows(2999))
    await expect(convert()).rejects.toMatchObject({ code: 'import_changed' })
    save(rows(3000))
    await expect(convert({ field: ['orders=2'] })).rejects.toMatchObject({ code: 'import_changed' })
    expect(collector.totals()).toEqual(expected(3000))
  })
})

describe('rows that are wrong', () => {
  const bad = (index: number) => index % 100 === 3
  const mixed = (count: number) =>
    rows(count).map((text, index) => (bad(index) ? `s1,soon,${index},1,UK` : text))

  it('are kept beside the input with line, reason and text, and stop nothing', async () => {
    save([...mixed(1500), 's1,2011-07-01,x,1,UK', 's1,2011-07-01,1', 's1,2011-07-01,1,0.001,UK'])
    const { tally, rejects } = await convert()
    expect(tally).toMatchObject({ read: 1503, events: 1485, rejected: 18 })
    expect(rejects).toEqual([`${input}.rejects.ndjson`])
    const kept = readFileSync(rejects[0]!, 'utf8')
      .trim()
      .split('\n')
      .map((text) => JSON.parse(text))
    expect(kept).toHaveLength(18)
    expect(kept[0]).toEqual({
      input,
      line: 5,
      code: 'invalid_time',
      reason: 'column "when" is "soon", which is no time',
      text: 's1,soon,3,1,UK',
      header: 'sku,when,n,price,land',
    })
    // What only the collector can tell comes with its answer.
    expect(kept.slice(-3)).toMatchObject([
      { line: 1502, code: 'invalid_value', reason: expect.stringContaining('"n" is "x"') },
      { line: 1503, code: 'invalid_row', reason: '3 columns where the header has 5' },
      { line: 1504, code: 'invalid_value', text: 's1,2011-07-01,1,0.001,UK' },
    ])
    expect(collector.totals()).toEqual(expected(1500, bad))
  })

  it('are counted the same in a second run, also those that the collector rejected', async () => {
    save([...mixed(1500), 's1,2011-07-01,1,0.001,UK'])
    const first = (await convert()).tally
    const second = (await convert()).tally
    expect(second).toMatchObject({ read: first.read, events: first.events, rejected: first.rejected })
    expect(second.duplicates).toBe(first.events)
  })

  it('leave no file behind where there are none', async () => {
    const path = join(folder, 'none.ndjson')
    save(rows(10))
    await convert({ rejects: path })
    expect(existsSync(path)).toBe(false)
  })
})

describe('a dry run', () => {
  it('tells what the real run then adds, and writes nothing', async () => {
    save([...rows(2500), 's1,2011-07-01,1,0.001,UK'])
    const dry = await convert({ dryRun: true })
    expect(collector.parts(NAME)).toEqual([])
    expect(dry.tally).toMatchObject({ read: 2501, events: 2500, rejected: 1, duplicates: 0 })
    await convert()
    const cents = Object.entries(collector.totals())
      .filter(([key]) => key.endsWith('/revenue'))
      .reduce((total, [, value]) => total + Math.round(Number(value) * 100), 0)
    expect(dry.changes).toEqual({
      purchase: { orders: '2500', units: '5000', revenue: (cents / 100).toFixed(2) },
    })
    expect((await convert({ dryRun: true })).changes).toEqual({})
  })

  it('adds up by itself where there is no collector', async () => {
    save(rows(10))
    const { changes, tally } = await convert({ to: '', dryRun: true })
    expect(tally).toMatchObject({ read: 10, events: 10 })
    expect(changes).toEqual({ purchase: { orders: '10', units: '20', revenue: '12.00' } })
  })
})

describe('a wrong mapping', () => {
  it.each([
    [{ parent: 'skuu' }, /no column "skuu" in the header; did you mean "sku"\?/],
    [{ field: ['units=n*prize'] }, /no column "prize".*did you mean "price"\?/],
    [{ dataset: 'purchse' }, /no dataset "purchse"; did you mean "purchase"\?/],
    [{ field: ['revenu=n'] }, /no field of dataset "purchase" "revenu"; did you mean "revenue"\?/],
    [{ dimension: ['contry=land'] }, /no dimension of dataset "purchase" "contry"; did you mean "country"\?/],
  ] as [Flags, RegExp][])('is found before anything is sent: %o', async (flags, message) => {
    save(rows(10))
    await expect(convert(flags)).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringMatching(message),
    })
    expect(collector.writes()).toBe(0)
  })

  it('is found in the last of several files before the first is sent', async () => {
    save(rows(10))
    const second = join(folder, 'second.csv')
    writeFileSync(second, 'sku,when,n,price\na,2011-07-01,1,1\n')
    await expect(run(settings({}, [input, second]), screen)).rejects.toThrow('no column "land"')
    expect(collector.writes()).toBe(0)
  })
})

it('a key that is not known ends the run at once', async () => {
  save(rows(10))
  await expect(convert({ key: 'sk_other' })).rejects.toMatchObject({
    code: 'refused',
    message: expect.stringContaining('unknown_key'),
  })
})

it('events go to a file where one is named', async () => {
  save(rows(3))
  const out = join(folder, 'events.ndjson')
  const { tally } = await convert({ to: '', out })
  expect(tally).toMatchObject({ read: 3, events: 3 })
  expect(
    readFileSync(out, 'utf8')
      .trim()
      .split('\n')
      .map((text) => JSON.parse(text).parent),
  ).toEqual(['s0', 's1', 's2'])
  await expect(convert({ to: '', out: join(folder, 'no', 'such', 'folder') })).rejects.toMatchObject({
    code: 'input',
    message: expect.stringContaining('cannot be written'),
  })
})
