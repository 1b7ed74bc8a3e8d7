import { spawn } from 'node:child_process'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { counter, defineDataset } from '@trackable/dataset'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createMapCollector, KEY, type MapCollector } from './testing/map-collector.ts'

const MAIN = fileURLToPath(new URL('main.ts', import.meta.url))
const dataset = defineDataset('purchase', { fields: { orders: counter(), units: counter() } })
const folder = mkdtempSync(join(tmpdir(), 'convert-'))
let collector: MapCollector
beforeAll(async () => {
  collector = await createMapCollector([dataset as never])
})
afterAll(() => collector.close())

interface Ended {
  code: number | null
  out: string[]
  err: string
}
function start(args: readonly string[], input = '') {
  const child = spawn(
    process.execPath,
    ['--conditions=@trackable/source', '--import', 'tsx', MAIN, ...args],
    { env: { ...process.env, TRACKABLE_TO: collector.url, TRACKABLE_KEY: KEY } },
  )
  let out = ''
  let err = ''
  child.stdout.setEncoding('utf8').on('data', (text) => (out += text))
  child.stderr.setEncoding('utf8').on('data', (text) => (err += text))
  child.stdin.end(input)
  const ended = new Promise<Ended>((resolve) =>
    child.on('close', (code) => resolve({ code, out: out.split('\n').filter(Boolean), err })),
  )
  return { child, ended }
}
const run = (args: readonly string[], input?: string) => start(args, input).ended
const MAPPING = [
  '--dataset',
  'purchase',
  '--parent',
  'sku',
  '--at-value',
  '2011-07-15',
  '--field',
  'orders=1',
  '--field',
  'units=n',
]
const csv = (count: number) =>
  `sku,n\n${Array.from({ length: count }, (_, index) => `s${index % 3},${index % 5}\n`).join('')}`
const totals = (count: number) =>
  Object.fromEntries(
    [0, 1, 2].flatMap((sku) => {
      const mine = Array.from({ length: count }, (_, index) => index).filter((index) => index % 3 === sku)
      const units = mine.reduce((total, index) => total + (index % 5), 0)
      return [
        [`purchase/s${sku}/orders`, String(mine.length)],
        [`purchase/s${sku}/units`, String(units)],
      ]
    }),
  )

// Each test starts several processes that compile what they run.
describe('trackable-convert', { timeout: 90_000 }, () => {
  it('killed at any batch and run again ends in the totals of its rows, each counted once', async () => {
    const input = join(folder, 'killed.csv')
    writeFileSync(input, csv(29_500))
    // Thirty batches: four kills, with four batches under way at each, leave some to the last run.
    for (const request of [1, 2, 4, 3]) {
      const { child, ended } = start(['csv', input, ...MAPPING])
      collector.fate((current) => {
        if (current === request) child.kill('SIGKILL')
        return 'answer'
      })
      expect((await ended).code).toBeNull()
    }
    const { code, out } = await run(['csv', input, ...MAPPING, '--json'])
    expect(code).toBe(0)
    expect(JSON.parse(out.at(-1) as string)).toMatchObject({
      read: 29_500,
      events: 29_500,
      rejected: 0,
      dropped: 0,
    })
    expect(collector.totals()).toEqual(totals(29_500))
  })

  it('reads standard input and ends with one line of JSON', async () => {
    const { code, out, err } = await run(['csv', '-', ...MAPPING, '--dry-run', '--json'], csv(10))
    expect(code).toBe(0)
    expect(out.map((line) => JSON.parse(line))).toEqual([
      { changes: { purchase: { orders: '10', units: '20' } } },
      { read: 10, events: 10, rejected: 0, dropped: 0, duplicates: 0 },
    ])
    expect(err).toContain('10 rows read')
    expect(err).not.toContain('\r')
  })

  it('shows how the first rows become events, and stops', async () => {
    const lines = '{"sku":"a","n":1}\n{"sku":"b","n":"x"}\n{"sku":"c","n":3}\n'
    const { code, out } = await run(['ndjson', '-', ...MAPPING, '--peek', '2', '--json'], lines)
    expect(code).toBe(0)
    expect(out.map((line) => JSON.parse(line))).toEqual([
      {
        input: 'standard input',
        line: 1,
        event: {
          dataset: 'purchase',
          parent: 'a',
          at: '2011-07-15T00:00:00.000Z',
          fields: { orders: 1, units: 1 },
        },
      },
      {
        input: 'standard input',
        line: 2,
        code: 'invalid_value',
        reason: 'column "n" is "x", which is no decimal',
      },
    ])
  })

  it('exits with 2 for wrong usage and says all that is wrong, with 1 for what failed, with 0 for help', async () => {
    const wrong = await run([
      'csv',
      'x.csv',
      '--dataset',
      'purchase',
      '--parent',
      'sku',
      '--field',
      'a=1/2',
      '--zone',
      'Mars',
    ])
    expect(wrong.code).toBe(2)
    for (const option of ['--field', '--zone', '--at']) expect(wrong.err).toContain(option)
    expect((await run(['csv', '-', ...MAPPING, '--parent', 'skuu'], csv(1))).code).toBe(2)
    expect(await run(['csv'])).toMatchObject({ code: 2, err: expect.stringContaining('INPUT: missing') })
    expect(await run(['csv', '--undo', '--name', 'unheard of'])).toMatchObject({
      code: 1,
      err: expect.stringContaining('unheard of'),
    })
    const missing = await run(['csv', join(folder, 'missing.csv'), ...MAPPING])
    expect(missing).toMatchObject({ code: 1, err: expect.stringContaining('missing.csv cannot be read') })
    expect(missing.err).not.toContain('    at ')
    expect((await run(['csv', '--help'])).code).toBe(0)
    expect((await run(['--version'])).out).toEqual(['0.1.0'])
  })
})
