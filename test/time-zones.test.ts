import postgres from 'postgres'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { zoneClock } from '../packages/dataset/src/bucket.ts'
import { GRAINS } from '../packages/dataset/src/names.ts'
import { type PostgresServer, startPostgres } from './support/postgres.ts'

const QUARTER = 900_000
const HOUR = 4 * QUARTER
/** Into a minute, so that it is to be brought down. */
const SECONDS = 37
const TIMEOUT_MS = 180_000

/** Ten years of each, with what is odd there: half hours, midnights that are skipped, a day that was. */
const ZONES = [
  ['UTC', '2015-01-01Z'],
  ['America/New_York', '2015-01-01Z'],
  ['Europe/Berlin', '2015-01-01Z'],
  ['Asia/Kathmandu', '1980-01-01Z'],
  ['Australia/Lord_Howe', '2015-01-01Z'],
  ['Africa/Cairo', '2014-01-01Z'],
  ['Pacific/Apia', '2006-01-01Z'],
] as const

let server: PostgresServer
let sql: postgres.Sql
beforeAll(async () => {
  server = await startPostgres()
  sql = postgres(server.url, { max: 1 })
}, 60_000)
afterAll(async () => {
  await sql?.end()
  await server?.stop()
})

/** How many quarters each bucket holds, by its start. */
type Buckets = Map<number, number>

async function bucketsInPostgres(zone: string, grain: string, from: Date, to: Date): Promise<Buckets> {
  const rows = await sql<{ start: number; quarters: number }[]>`
    select (extract(epoch from date_trunc(${grain}, at, ${zone})) * 1000)::float8 as start, count(*)::int as quarters
    from generate_series(${from}::timestamptz, ${to}::timestamptz - interval '1 second', interval '15 minutes') as at group by 1`
  return new Map(rows.map(({ start, quarters }) => [start, quarters]))
}

function bucketsHere(zone: string, grain: (typeof GRAINS)[number], from: Date, to: Date): Buckets {
  const clock = zoneClock(zone)
  const buckets: Buckets = new Map()
  for (let at = from.getTime(); at < to.getTime(); at += QUARTER) {
    const start = clock.bucketOf(at, grain)
    buckets.set(start, (buckets.get(start) ?? 0) + 1)
  }
  return buckets
}

/** Whether the zone's offset changes by no whole number of hours within an hour of an instant. */
function isPartChange(zone: string, at: number): boolean {
  const { offsetAt } = zoneClock(zone)
  return (offsetAt(at + HOUR) - offsetAt(at - HOUR)) % HOUR !== 0
}

describe.each(ZONES)('every quarter of an hour of ten years in %s', (zone, start) => {
  const from = new Date(start)
  const to = new Date(from)
  to.setUTCFullYear(from.getUTCFullYear() + 10)

  test(
    'begins the minute that it is in',
    async () => {
      const { bucketOf } = zoneClock(zone)
      const wrong: number[] = []
      for (let at = from.getTime(); at < to.getTime(); at += QUARTER) {
        if (bucketOf(at + SECONDS * 1000, 'minute') !== at) wrong.push(at)
      }
      expect(wrong).toEqual([])
      const [theirs] = await sql<{ wrong: number }[]>`
        select count(*)::int as wrong
        from generate_series(${from}::timestamptz, ${to}::timestamptz, interval '15 minutes') as at
        where date_trunc('minute', at + ${SECONDS}::int * interval '1 second', ${zone}) <> at`
      expect(theirs!.wrong).toBe(0)
    },
    TIMEOUT_MS,
  )

  test.each(GRAINS.filter((grain) => grain !== 'minute'))(
    'is in the %s that Postgres gives, each once',
    async (grain) => {
      const ours = bucketsHere(zone, grain, from, to)
      const theirs = await bucketsInPostgres(zone, grain, from, to)
      const sum = (buckets: Buckets) => [...buckets.values()].reduce((a, b) => a + b, 0)
      expect(sum(ours)).toBe((to.getTime() - from.getTime()) / QUARTER)
      const differing = [...new Set([...ours.keys(), ...theirs.keys()])].filter(
        (at) => ours.get(at) !== theirs.get(at),
      )
      // Where clocks are moved by half an hour, or by a quarter (Kathmandu, 1986), Postgres begins an hour in the middle
      // of the one before, so that the two overlap; here an hour has 90 minutes then, or 45 (bucket.test.ts).
      expect(differing.filter((at) => !(grain === 'hour' && isPartChange(zone, at)))).toEqual([])
    },
    TIMEOUT_MS,
  )
})
