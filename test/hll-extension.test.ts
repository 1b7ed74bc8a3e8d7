import { unique } from '@trackable/dataset'
import { aggregateOf, stateTextOf } from '@trackable/dataset/fold'
import postgres from 'postgres'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type PostgresServer, startPostgres } from './support/postgres.ts'
import { seededRandom } from './support/random.ts'

const { add, empty, merge, result } = aggregateOf(unique())
const { read, write } = stateTextOf(unique())!
/** Empty, explicit up to its limit, sparse up to its limit, full. */
const SIZES = [0, 1, 2, 639, 640, 641, 1000, 2500, 2700, 2800, 5000, 60_000]
const random = seededRandom(3)

function elements(count: number): string[] {
  const half = () =>
    Math.floor(random() * 2 ** 32)
      .toString(16)
      .padStart(8, '0')
  return Array.from({ length: count }, () => half() + half())
}

const stateOf = (list: readonly string[]) => list.reduce((state, one) => add(state, one, 0), empty())

let server: PostgresServer
let sql: postgres.Sql
let missing = ''
beforeAll(async () => {
  server = await startPostgres()
  sql = postgres(server.url, { max: 1 })
  await sql`create extension hll`.catch((error: Error) => {
    missing = `this Postgres has no extension hll (${error.message}); on Debian it is postgresql-15-hll`
  })
}, 60_000)
afterAll(async () => {
  await sql?.end()
  await server?.stop()
})

/** The extension is the format's other implementation: what it writes is the test vector of what we write. */
describe('the extension hll', () => {
  test('writes the same bytes for the same elements, in every type of the format', async ({ skip }) => {
    if (missing) skip(missing)
    for (const size of SIZES) {
      const list = elements(size)
      const [row] =
        await sql`select coalesce(hll_add_agg(e::hll_hashval, 13, 5, -1, 1), hll_empty(13, 5, -1, 1))::text as text
        from unnest(${list.map((one) => BigInt.asIntN(64, BigInt(`0x${one}`)).toString())}::bigint[]) as e`
      expect(row!.text, `${size} elements`).toBe(`\\x${write(stateOf(list))}`)
    }
  })

  test('unions what we write to what we merge, and we read what it writes', async ({ skip }) => {
    if (missing) skip(missing)
    for (const [left, right] of [
      [0, 1],
      [300, 300],
      [400, 400],
      [640, 1],
      [2000, 2000],
      [60_000, 10],
    ] as const) {
      const [a, b] = [stateOf(elements(left)), stateOf(elements(right))]
      const bytes = [a, b].map((state) => Buffer.from(write(state), 'hex'))
      const [row] =
        await sql`select substr((${bytes[0]!}::bytea::hll || ${bytes[1]!}::bytea::hll)::text, 3) as text`
      expect(row!.text, `${left} and ${right}`).toBe(write(merge(a, b)))
      expect(write(read(row!.text))).toBe(row!.text)
    }
  })

  test('counts as we do, as far as its own estimator goes', async ({ skip }) => {
    if (missing) skip(missing)
    for (const size of [0, 7, 640, 1000, 5000, 200_000]) {
      const state = stateOf(elements(size))
      const [row] =
        await sql`select hll_cardinality(${Buffer.from(write(state), 'hex')}::bytea::hll) as count`
      const theirs = Number(row!.count)
      expect(Math.abs(theirs - result(state))).toBeLessThanOrEqual(size > 640 ? size * 0.01 : 0)
    }
  })
})
