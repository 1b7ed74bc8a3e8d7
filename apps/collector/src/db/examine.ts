import { sql } from 'drizzle-orm'
import { type Db, rowsOf } from './connect.ts'
import { literal, qualified } from './names.ts'

/** What a check found; where it is not well, with what to do. */
export type Finding =
  | { check: string; state: 'ok'; message: string }
  | { check: string; state: 'warn' | 'fail'; message: string; cure: string }

const OLDEST_VERSION = 15
const CLOCK_SKEW_MS = 60_000
const SILENT = '1 day'

interface Server {
  version: string
  fsync: string
  commits: string
  pages: string
  read_only: string
  may_create: boolean
  who: string
  now: string
  there: boolean
}

/** Looks at a Postgres server as the fold needs it: version, durability, clock, and the logs that it knows. */
export async function examine(db: Db, schema: string, now: () => number): Promise<Finding[]> {
  const logs = qualified(schema, '_logs')
  const [server] = await rowsOf<Server>(
    db,
    sql.raw(`select current_setting('server_version_num') as version, current_setting('fsync') as fsync,
      current_setting('synchronous_commit') as commits, current_setting('full_page_writes') as pages,
      current_setting('transaction_read_only') as read_only, current_user as who,
      case when to_regnamespace(${literal(schema)}) is null then has_database_privilege(current_database(), 'create')
        else has_schema_privilege(to_regnamespace(${literal(schema)}), 'create') end as may_create,
      (extract(epoch from clock_timestamp()) * 1000)::bigint::text as now, to_regclass(${literal(logs)}) is not null as there`),
  )
  const { version, fsync, commits, pages, read_only: readOnly, there } = server!
  const major = Math.floor(Number(version) / 10_000)
  const skew = Number(server!.now) - now()
  const add = (check: string, state: 'warn' | 'fail', message: string, cure: string) =>
    findings.push({ check, state, message, cure })
  const known = there ? 'is there' : 'is not there yet'
  const findings: Finding[] = [
    { check: 'database', state: 'ok', message: `Postgres ${major}, schema ${schema} ${known}` },
  ]
  if (major < OLDEST_VERSION)
    add('database', 'fail', `it is Postgres ${major}`, `upgrade it to ${OLDEST_VERSION} or later`)
  if (readOnly === 'on')
    add(
      'database',
      'fail',
      'it takes no writes: transaction_read_only is on',
      'name the primary in DATABASE_URL, or set default_transaction_read_only to off',
    )
  if (!server!.may_create)
    add(
      'database',
      'fail',
      `${server!.who} may not make tables`,
      `"grant create on ${there ? `schema ${schema}` : 'database …'} to ${server!.who}", as its owner`,
    )
  const unsafe = Object.entries({ fsync, synchronous_commit: commits, full_page_writes: pages }).filter(
    ([, value]) => value === 'off',
  )
  for (const [name] of unsafe)
    add(
      'database',
      'warn',
      `${name} is off: a power cut of the server can lose what was counted`,
      `set ${name} to on`,
    )
  if (Math.abs(skew) > CLOCK_SKEW_MS)
    add(
      'clock',
      'warn',
      `the database's is ${Math.round(skew / 1000)} s ahead of this machine's`,
      'have both follow NTP',
    )
  else findings.push({ check: 'clock', state: 'ok', message: "this machine's and the database's agree" })
  return there ? [...findings, ...(await examineLogs(db, logs))] : findings
}

/** A log that is not heard of holds the pruning of the ledger for all: it may still bring repeats. */
async function examineLogs(db: Db, logs: string): Promise<Finding[]> {
  const silent = await rowsOf<{ log: string; since: string }>(
    db,
    sql.raw(
      `select log, seen_at::text as since from ${logs} where seen_at < now() - interval '${SILENT}' order by log`,
    ),
  )
  return silent.map(({ log, since }) => ({
    check: 'ledger',
    state: 'warn',
    message: `log ${log} was last heard of at ${since}, and the ledger is not pruned meanwhile`,
    cure: `start its collector again, or delete its row in ${logs} where its folder is gone for good`,
  }))
}
