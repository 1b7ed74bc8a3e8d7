import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import postgres from 'postgres'
import { startCollector } from '../support/collector.ts'
import { freePort } from '../support/free-port.ts'
import { startPostgres } from '../support/postgres.ts'
import { until } from '../support/until.ts'
import { benchFold } from './fold.ts'
import { generate, type Load, popularParents } from './load.ts'

// `npm run bench`: events a second that are in the table, the collector beside one UPDATE an event through 16
// connections, on one Postgres in one run. Both count the same events: drawn as readers draw articles (Zipf's law), or
// all of the one article that is on the front page today. Ratios, because machines are noisy: three rounds, side by
// side, medians.
const ROUNDS = 3
// Long beside the second that the fold may be behind at the end, which counts as ours.
const SECONDS = 8
const PARENTS = 1000
const READ = popularParents(PARENTS)
const FRONT_PAGE = ['p0']
const CONFIG = fileURLToPath(new URL('../../fixtures/datasets/product.config.ts', import.meta.url))

type Shape = Pick<Load, 'connections' | 'eventsPerBatch' | 'parents'>
const SHAPES: Record<string, Shape> = {
  'batches of 100': { connections: 64, eventsPerBatch: 100, parents: READ },
  'single events': { connections: 64, eventsPerBatch: 1, parents: READ },
  'single events of one article': { connections: 64, eventsPerBatch: 1, parents: FRONT_PAGE },
}

const server = await startPostgres()
console.log('Postgres is up; measuring for about four minutes')
const naive = await startNaive()
const collector = await startOurs()
for (const [name, shape] of Object.entries(SHAPES)) {
  const rates: Record<'bare' | 'naive' | 'ours', number[]> = { bare: [], naive: [], ours: [] }
  for (let round = 0; round < ROUNDS; round++) {
    rates.bare.push(await naive.bare(shape.parents))
    rates.naive.push(await naive.rate(shape))
    rates.ours.push(await collector.rate(shape))
  }
  const [bare, behindHttp, ours] = [median(rates.bare), median(rates.naive), median(rates.ours)]
  console.log(`\n${name}, events a second in the table (median of ${ROUNDS})`)
  console.log(`  one UPDATE an event, 16 connections, no HTTP  ${round(bare)}`)
  console.log(`  one UPDATE an event, 16 connections, by HTTP  ${round(behindHttp)}`)
  console.log(`  collector                                     ${round(ours)}`)
  console.log(`  ratio ${(ours / behindHttp).toFixed(1)} (by HTTP), ${(ours / bare).toFixed(1)} (no HTTP)`)
}
await collector.stop()
naive.stop()
await benchFold(await server.createDatabase())
await server.stop()

async function startNaive() {
  const url = await server.createDatabase()
  const sql = postgres(url, { max: 16 })
  await sql`create table naive (parent text primary key, orders bigint not null, updated_at timestamptz)`
  await sql`insert into naive select 'p' || i, 0, now() from generate_series(0, ${PARENTS - 1}::int) as i`
  const port = await freePort()
  const child = spawn(
    process.execPath,
    ['--import', 'tsx', fileURLToPath(new URL('./naive.ts', import.meta.url)), url, String(port)],
    {
      stdio: 'inherit',
    },
  )
  await until('the naive collector answers', () =>
    fetch(`http://127.0.0.1:${port}/`).then(
      () => true,
      () => false,
    ),
  )
  return {
    async rate(shape: Shape) {
      const { accepted, seconds } = await generate({
        ...shape,
        port,
        key: 'none',
        seconds: SECONDS,
      })
      return accepted / seconds
    },
    /** The database's own ceiling for this way of counting: no HTTP, 16 connections that never wait for work. */
    async bare(parents: readonly string[]) {
      const end = performance.now() + SECONDS * 1000
      let done = 0
      let next = 0
      const worker = async () => {
        while (performance.now() < end) {
          await sql`update naive set orders = orders + 1, updated_at = now() where parent = ${parents[next++ % parents.length] as string}`
          done++
        }
      }
      await Promise.all(Array.from({ length: 16 }, worker))
      return done / SECONDS
    },
    stop: () => {
      child.kill()
      void sql.end()
    },
  }
}

async function startOurs() {
  const url = await server.createDatabase()
  const process = await startCollector({ configFile: CONFIG, databaseUrl: url })
  const { key } = await process.createKey('write')
  const sql = postgres(url, { max: 1 })
  const counted = async () =>
    Number((await sql`select coalesce(sum(orders), 0) as n from trackable.product`)[0]?.n)
  return {
    async rate(shape: Shape) {
      const before = await counted()
      const start = performance.now()
      const { accepted } = await generate({
        ...shape,
        port: process.port,
        key,
        seconds: SECONDS,
      })
      await until('everything is folded', async () => (await counted()) === before + accepted)
      return accepted / ((performance.now() - start) / 1000)
    },
    async stop() {
      await sql.end()
      await process.stop()
    },
  }
}

function median(values: number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] as number
}

function round(value: number): string {
  return Math.round(value).toLocaleString('en').padStart(9)
}
