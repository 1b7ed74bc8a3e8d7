import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'
import { parse } from 'csv-parse/sync'
import { describe, expect, it } from 'vitest'
import { readSettings } from '../settings/settings.ts'
import { run } from './run.ts'

// Not part of the repository; where it is not there, its tests are skipped.
const INPUT = fileURLToPath(
  new URL('../../../../../shared/data/clickstream/online-retail-2010-12_2011-01.csv.gz', import.meta.url),
)

describe.skipIf(!existsSync(INPUT))('two months of a real shop', () => {
  it('add up to what whole pence say', async () => {
    const rows: Record<string, string>[] = parse(gunzipSync(readFileSync(INPUT)), { columns: true })
    const sold = rows.filter(({ Country }) => Country !== 'France')
    const milli = (text: string) => BigInt(Math.round(Number(text) * 1000))
    const revenue = sold.reduce((total, row) => total + BigInt(row.Quantity!) * milli(row.UnitPrice!), 0n)
    const units = sold.reduce((total, row) => total + BigInt(row.Quantity!), 0n)

    const settings = readSettings(
      'csv',
      [INPUT],
      {
        dataset: 'purchase',
        parent: 'StockCode',
        at: 'InvoiceDate',
        zone: 'Europe/London',
        field: ['orders=1', 'units=Quantity', 'revenue=Quantity*UnitPrice'],
        where: "Country != 'France'",
        dryRun: true,
      },
      {},
    )
    const { tally, changes } = await run(settings, { write: () => {} })
    expect(tally).toMatchObject({
      read: rows.length,
      events: sold.length,
      leftOut: { '--where': rows.length - sold.length, '--path-to-parent': 0 },
      rejected: 0,
      first: Date.parse('2010-12-01T08:26Z'),
    })
    const sums = changes?.purchase as Record<string, string>
    expect(sums).toMatchObject({ orders: String(sold.length), units: String(units) })
    const [whole, fraction = ''] = sums.revenue!.split('.') as [string, string?]
    expect(BigInt(whole + fraction.padEnd(3, '0'))).toBe(revenue)
  })
})
