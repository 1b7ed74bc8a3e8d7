import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'
import { PGlite } from '@electric-sql/pglite'
import postgres from 'postgres'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type CollectorProcess, startCollector } from './support/collector.ts'
import { type CommandResult, startCommand } from './support/command.ts'
import { startDoublingProxy } from './support/doubling-proxy.ts'
import { type PostgresServer, startPostgres } from './support/postgres.ts'
import { tempDir } from './support/temp-dir.ts'
import { until } from './support/until.ts'

const INPUT = fileURLToPath(
  new URL('../../shared/data/clickstream/online-retail-2010-12_2011-01.csv.gz', import.meta.url),
)
const CONFIG = fileURLToPath(new URL('../fixtures/datasets/product.config.ts', import.meta.url))
const LINES = 77_628
const KILLS = 5

const TOTALS = `select parent, orders::text, units::text, revenue::numeric(20,2)::text as revenue, cancellations::text
  from trackable.product order by parent collate "C"`
const DAYS = `select parent, extract(epoch from bucket)::bigint::text as bucket, orders::text, units::text,
  revenue::numeric(20,2)::text as revenue, cancellations::text
  from trackable.product_by_day order by parent collate "C", bucket`

type Rows = Record<string, unknown>[]

let server: PostgresServer
let oracle: { totals: Rows; days: Rows }

/** What plain SQL says about the same lines: COPY into a raw table, GROUP BY. */
async function askOracle(): Promise<{ totals: Rows; days: Rows }> {
  const file = join(tempDir('oracle').path, 'lines.csv')
  writeFileSync(file, gunzipSync(readFileSync(INPUT)))
  chmodSync(join(file, '..'), 0o755)
  chmodSync(file, 0o644)
  const sql = postgres(await server.createDatabase(), { max: 1 })
  await sql.unsafe(`create table lines (invoice text, stock text, description text, quantity bigint,
    at timestamp, price numeric, customer text, country text)`)
  await sql.unsafe(`copy lines from '${file}' (format csv, header)`)
  const sums = `count(*)::text as orders, sum(quantity)::text as units,
    sum(quantity * price)::numeric(20,2)::text as revenue, (count(*) filter (where quantity < 0))::text as cancellations`
  const day = `date_trunc('day', at at time zone 'Europe/London', 'Europe/London')`
  const totals = await sql.unsafe(
    `select stock as parent, ${sums} from lines group by 1 order by stock collate "C"`,
  )
  const days =
    await sql.unsafe(`select stock as parent, extract(epoch from ${day})::bigint::text as bucket, ${sums}
    from lines group by stock, ${day} order by stock collate "C", ${day}`)
  await sql.end()
  return { totals: [...totals], days: [...days] }
}

function convert(url: string, key: string, cwd: string, args: string[]): Promise<CommandResult> {
  const mapping = ['--parent', 'StockCode', '--at', 'InvoiceDate', '--zone', 'Europe/London']
  const to = ['--to', url, '--key', key, '--dataset', 'product', '--json']
  return startCommand('convert', ['csv', INPUT, ...to, ...mapping, ...args], { cwd }).result
}

const SALES = ['--field', 'orders=1', '--field', 'units=Quantity', '--field', 'revenue=Quantity*UnitPrice']
const CANCELLED = ['--field', 'cancellations=1', '--where', 'Quantity < 0', '--name', 'cancellations']
const lastLine = ({ stdout }: CommandResult) => JSON.parse(stdout.trim().split('\n').at(-1) ?? '')

/** Reads both tables where they are: in the server, or in the folder of the embedded one once nobody holds it. */
async function tablesOf(
  databaseUrl: string | undefined,
  dataDir: string,
): Promise<{ totals: Rows; days: Rows }> {
  if (databaseUrl) {
    const sql = postgres(databaseUrl, { max: 1 })
    const [totals, days] = [await sql.unsafe(TOTALS), await sql.unsafe(DAYS)]
    await sql.end()
    return { totals: [...totals], days: [...days] }
  }
  const db = await PGlite.create(join(dataDir, 'trackable-data', 'db'))
  const [totals, days] = [await db.query(TOTALS), await db.query(DAYS)]
  await db.close()
  return { totals: totals.rows as Rows, days: days.rows as Rows }
}

/** Kills the collector with SIGKILL each time that so many more batches have come by, and starts it again. */
async function killOnTheWay(
  start: () => Promise<CollectorProcess>,
  batches: () => number,
): Promise<CollectorProcess> {
  let collector = await start()
  for (let kill = 1; kill <= KILLS; kill++) {
    await until(`batch ${kill * 12} came by`, () => batches() >= kill * 12, 90_000)
    await collector.kill9()
    collector = await start()
  }
  return collector
}

describe.skipIf(!existsSync(INPUT))('the order lines of a shop', () => {
  beforeAll(async () => {
    server = await startPostgres()
    oracle = await askOracle()
  }, 120_000)
  afterAll(() => server?.stop())

  test.each(['postgres', 'embedded'])(
    'equal plain SQL row for row on %s, every batch sent twice and the collector killed five times',
    async (kind) => {
      const databaseUrl = kind === 'postgres' ? await server.createDatabase() : undefined
      const dataDir = tempDir('order-lines').path
      const first = await startCollector({
        configFile: CONFIG,
        dataDir,
        ...(databaseUrl ? { databaseUrl } : {}),
      })
      const { key } = await first.createKey('secret')
      await first.kill9()
      const proxy = await startDoublingProxy(first.url)
      const again = () =>
        startCollector({
          configFile: CONFIG,
          dataDir,
          port: first.port,
          ...(databaseUrl ? { databaseUrl } : {}),
        })
      const killing = killOnTheWay(again, proxy.batches)
      await until('the collector is there', () => fetch(`${first.url}/readyz`).then(({ ok }) => ok))

      const sales = await convert(proxy.url, key, dataDir, SALES)
      expect(sales.code, sales.stderr).toBe(0)
      expect(lastLine(sales)).toMatchObject({ read: LINES, events: LINES, rejected: 0, dropped: 0 })
      const collector = await killing
      const cancelled = await convert(proxy.url, key, dataDir, CANCELLED)
      expect(cancelled.code, cancelled.stderr).toBe(0)

      const repeated = await convert(proxy.url, key, dataDir, SALES)
      expect(lastLine(repeated)).toMatchObject({ read: LINES, events: LINES, duplicates: LINES })

      expect((await collector.cli(['fold', '--once'])).code).toBe(0)
      const status = JSON.parse((await collector.cli(['log', 'status', '--json'])).stdout)
      expect(status.accepted).toBe(status.folded + status.duplicates)
      expect(status).toMatchObject({ waiting: 0, dead: 0 })
      await collector.stop()
      proxy.close()

      const tables = await tablesOf(databaseUrl, dataDir)
      expect(tables.totals).toEqual(oracle.totals)
      expect(tables.days).toEqual(oracle.days)
    },
    300_000,
  )

  test('a dry run says to the penny what the real run would give, and writes nothing', async () => {
    const collector = await startCollector({ configFile: CONFIG, databaseUrl: await server.createDatabase() })
    const { key } = await collector.createKey('secret')
    const dry = await convert(collector.url, key, collector.dataDir, [...SALES, '--dry-run'])
    expect(dry.code, dry.stderr).toBe(0)
    const { changes } = JSON.parse(dry.stdout.trim().split('\n').at(-2) ?? '')
    const total = (name: string) =>
      oracle.totals.reduce((sum, row) => sum + BigInt(String(row[name]).replace('.', '')), 0n)
    expect(changes.product).toMatchObject({ orders: String(LINES), units: String(total('units')) })
    expect(changes.product.revenue.replace('.', '')).toBe(String(total('revenue')))
    expect(JSON.parse((await collector.cli(['log', 'status', '--json'])).stdout)).toMatchObject({
      received: 0,
    })
    await collector.stop()
  }, 120_000)
})
