import postgres from 'postgres'
import type { ReceiptCheck } from '../support/check-receipts.ts'
import { type Contents, hits } from '../support/load.ts'
import type { PostgresServer } from '../support/postgres.ts'
import type { Random } from '../support/random.ts'
import { prepareGround } from './ground.ts'

/** How it went with poison. */
export interface Poisoned {
  check: ReceiptCheck
  /** Dead letters by their code. */
  dead: Record<string, number>
  /** How long the fold took for all of it, in milliseconds. */
  foldMs: number
}

const LARGEST = 1_000_000
const FULL = 'full'

/** Folds so many batches, each with one event that the database refuses: by a check, or because 2^63 is passed. */
export async function foldPoison(server: PostgresServer, batches: number): Promise<Poisoned> {
  const ground = await prepareGround(server, { kind: 'secret', env: { FOLD_EVERY: 'off' } })
  const collector = await ground.start()
  const sql = postgres(ground.databaseUrl, { max: 1 })
  await sql.unsafe(`alter table trackable.receipt add constraint bounded check (hits < ${LARGEST})`)
  await sql`insert into trackable.hot (parent, hits) values (${FULL}, ${(2n ** 63n - 5n).toString()})`

  await ground.load({ batches, contents: poisoned, givingUp: 0 }).done
  const started = performance.now()
  const fold = await collector.cli(['fold', '--once'])
  const foldMs = performance.now() - started
  if (fold.code !== 0) throw new Error(`fold --once ended with ${fold.code}: ${fold.stderr}`)

  const kept = await sql`delete from trackable.hot where parent = ${FULL} returning hits::text as hits`
  if (kept[0]?.hits !== (2n ** 63n - 5n).toString()) throw new Error(`the full row holds ${kept[0]?.hits}`)
  const codes = await sql<{ code: string; count: number }[]>`
    select code, count(*)::int as count from trackable._dead_letters group by code order by code`
  await sql.end()
  const check = await ground.check(collector)
  await collector.kill9()
  return { check, dead: Object.fromEntries(codes.map(({ code, count }) => [code, count])), foldMs }
}

function poisoned(id: string, random: Random): Contents {
  const { events, counting } = hits(id, random)
  const at = new Date().toISOString()
  const bad =
    random() < 0.5
      ? { dataset: 'receipt', parent: id, at, fields: { hits: LARGEST }, dimensions: { sender: 'poison' } }
      : { dataset: 'hot', parent: FULL, at, fields: { hits: 100 } }
  events.splice(Math.floor(random() * (events.length + 1)), 0, bad)
  return { events, counting }
}
