import { performance } from 'node:perf_hooks'
import { counter, type Dataset, defineDataset, distribution, unique } from '@trackable/dataset'
import postgres from 'postgres'
import { createFoldDatabase } from '../../apps/collector/src/db/commit.ts'
import { connect } from '../../apps/collector/src/db/connect.ts'
import type { CommitInput, TableRows } from '../../apps/collector/src/db/fold-database.ts'
import { migrate } from '../../apps/collector/src/db/migrate.ts'
import { createGroup } from '../../apps/collector/src/fold/group.ts'
import { ontoStates } from '../../apps/collector/src/fold/onto-states.ts'
import type { ResolvedEvent } from '../../apps/collector/src/fold/resolve.ts'

const KEYS = 100_000
const COMMIT_KEYS = 20_000
const STATE_ROWS = 10_000
const ROUNDS = 5

/** What the parts of the fold take, without the rest: merging in memory, and commits beside the least that they can be. */
export async function benchFold(databaseUrl: string): Promise<void> {
  const fields = { hits: counter(), likes: counter() }
  const plain = defineDataset('plain', { fields, ranked: [] })
  const ranked = [['hits'], ['hits', 'likes']].map((names) =>
    defineDataset(`ranked${names.length}`, { fields, ranked: names as ('hits' | 'likes')[] }),
  )
  const states = defineDataset('states', { fields: { who: unique(), took: distribution() } })
  const rates = rounds(() => merge(plain))
  console.log(`\nthe fold in memory, ${KEYS} keys, two counters an event, one table`)
  console.log(`  ${shown(rates)} field updates a second`)
  const { db, close } = await connect(databaseUrl)
  await migrate(db, 'bench', [plain, ...ranked, states], false)
  const database = createFoldDatabase(db, 'bench')
  const sql = postgres(databaseUrl, { max: 1 })
  await sql`create table bare (parent text collate "C" primary key, hits bigint not null, likes bigint not null, updated_at timestamptz not null)`
  const bare: number[] = []
  const commits = [plain, ...ranked].map((dataset) => ({ dataset, rates: [] as number[] }))
  for (let round = 0; round <= ROUNDS; round++) {
    const least = await timed(() => bareUpsert(sql, deltas(plain, COMMIT_KEYS, twoCounters)[0]!))
    // The first makes the rows; the others find them.
    if (round > 0) bare.push(COMMIT_KEYS / least)
    for (const { dataset, rates } of commits) {
      const tables = deltas(dataset, COMMIT_KEYS, twoCounters)
      const took = await timed(() => database.commit(inputOf(tables)))
      if (round > 0) rates.push(COMMIT_KEYS / took)
    }
  }
  console.log(`\na commit of ${COMMIT_KEYS} sorted keys that are there, two counters, rows a second`)
  console.log(`  bare unnest upsert  ${shown(bare)}`)
  for (const { dataset, rates } of commits) {
    const ratio = (median(rates) / median(bare)).toFixed(2)
    console.log(`  commit, ranked by ${dataset.ranked.length} ${shown(rates)}, ratio ${ratio}`)
  }
  const fresh: number[] = []
  const merged: number[] = []
  for (let round = 0; round <= ROUNDS; round++) {
    const tables = deltas(states, STATE_ROWS, (i) => [0, element(i * 7 + round), 1, (i % 1000) / 8])
    const took = await timed(() => ontoStates(database, tables, (onto) => database.commit(inputOf(onto))))
    ;(round === 0 ? fresh : merged).push(STATE_ROWS / took)
  }
  console.log(`\nrows with a unique and a distribution, rows a second`)
  console.log(`  that are new        ${shown(fresh)}`)
  console.log(`  merged onto states  ${shown(merged)}`)
  await sql.end()
  await close()
}

const twoCounters = (i: number): ResolvedEvent['fields'] => [0, 1, 1, i]

function merge(dataset: Dataset): number {
  const events = eventsOf(KEYS, (i) => [0, 1, 1, i])
  const group = createGroup([dataset])
  const start = performance.now()
  for (let again = 0; again < 4; again++) for (const event of events) group.add(event, 0)
  return (events.length * 4 * 2) / ((performance.now() - start) / 1000)
}

function eventsOf(count: number, fields: (i: number) => ResolvedEvent['fields']): ResolvedEvent[] {
  return Array.from({ length: count }, (_, i) => ({
    dataset: 0,
    // In no order, as events come.
    parent: `p${(i * 48_271) % count}`,
    at: 0,
    fields: fields(i),
    dimensions: [],
  }))
}

function deltas(
  dataset: Dataset,
  count: number,
  fields: (i: number) => ResolvedEvent['fields'],
): TableRows[] {
  const group = createGroup([dataset])
  for (const event of eventsOf(count, fields)) group.add(event, 0)
  return group.deltas()
}

function element(i: number): string {
  return Math.imul(i, 0x9e3779b1).toString(16).replace('-', '').padStart(8, '0').repeat(2)
}

let offsets = 0
function inputOf(tables: TableRows[]): CommitInput {
  const [expected, next] = [offsets === 0 ? null : `p${offsets}`, `p${++offsets}`]
  const none = { batches: 0, received: 0, accepted: 0, folded: 0, dead: 0, duplicates: 0 }
  return {
    log: 'bench',
    expected,
    next,
    counted: next,
    batches: [],
    imports: [],
    oldestArrival: null,
    newestArrival: 0,
    repeats: [],
    counts: { ...none, rejected: {}, dropped: {} },
    dead: [],
    values: [],
    tables,
  }
}

async function bareUpsert(sql: postgres.Sql, { rows }: TableRows): Promise<void> {
  const column = (field: number) => rows.map(({ states }) => String(states[field]))
  await sql`insert into bare as b select *, now() from unnest(${rows.map(({ parent }) => parent)}::text[], ${column(0)}::bigint[], ${column(1)}::bigint[])
    on conflict (parent) do update set hits = b.hits + excluded.hits, likes = b.likes + excluded.likes, updated_at = excluded.updated_at`
}

async function timed(act: () => Promise<unknown>): Promise<number> {
  const start = performance.now()
  await act()
  return (performance.now() - start) / 1000
}

function rounds(measure: () => number): number[] {
  return Array.from({ length: ROUNDS }, measure)
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!
}

function shown(values: readonly number[]): string {
  return Math.round(median(values)).toLocaleString('en').padStart(9)
}
