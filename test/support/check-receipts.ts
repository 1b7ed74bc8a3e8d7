import postgres from 'postgres'
import type { LogStatus } from '../../apps/collector/src/fold/status.ts'
import type { CollectorProcess } from './collector.ts'
import { askControl } from './control.ts'
import { readReceipts } from './receipts.ts'
import { until } from './until.ts'

const DRAIN_MS = 90_000

/** What became of the batches of a file of receipts, in batches. */
export interface ReceiptCheck {
  acked: number
  /** Answered 202, and not in the tables with all of their events. */
  lost: number
  /** With more hits than events, or never sent by anyone. */
  countedTwice: number
  /** Counted in part. */
  torn: number
  /** Never answered 202: each may have counted, once. */
  unacked: number
  unackedCounted: number
  /** Guarantee 5, event by event, and as many events in the tables as the logs say. */
  identityHolds: boolean
  /** Each breakdown sums up to the totals, parent by parent. */
  breakdownsHold: boolean
  logs: LogStatus[]
}

/** What a check must say after any fault. */
export const SOUND = { lost: 0, countedTwice: 0, torn: 0, identityHolds: true, breakdownsHold: true }

/** What a check needs of a collector. */
type Checked = Pick<CollectorProcess, 'cli' | 'output' | 'controlDir'>

/**
 * Waits until everything that the collector's log holds is folded, so many milliseconds at most, and gives what
 * `trackable log status` says then.
 */
export async function drain(collector: Checked, ms = DRAIN_MS): Promise<LogStatus> {
  let last: unknown
  const drained = async () => {
    const { body } = await askControl(collector.controlDir, 'GET', '/v1/admin/log')
    last = body
    return body.waiting === 0
  }
  try {
    await until('the log is folded', drained, ms)
  } catch (cause) {
    const said = `its status: ${JSON.stringify(last)}; the collector: ${collector.output()}`
    throw new Error(`the log was not folded; ${said}`, { cause })
  }
  return until('the log says its status', async () => {
    const { code, stdout, stderr } = await collector.cli(['log', 'status', '--json'])
    if (code !== 0) throw new Error(`log status ended with ${code}: ${stderr}`)
    return JSON.parse(stdout) as LogStatus
  })
}

/**
 * Drains the collectors and compares what their database holds with a file of receipts: with every batch that was
 * ever sent to them.
 */
export async function checkReceipts(
  file: string,
  databaseUrl: string,
  ...collectors: Checked[]
): Promise<ReceiptCheck> {
  const logs: LogStatus[] = []
  for (const collector of collectors) logs.push(await drain(collector))
  const sql = postgres(databaseUrl, { max: 1, onnotice: () => undefined })
  try {
    const counted = await readCounted(sql)
    const sum = await readSums(sql)
    const check = await compare(file, counted)
    const add = (name: 'folded' | 'dead') => logs.reduce((all, log) => all + log[name], 0)
    return {
      ...check,
      identityHolds:
        logs.every(isExact) &&
        add('folded') === sum.receipt + sum.hot &&
        add('dead') === sum.dead &&
        sum.receipt === sum.hot,
      breakdownsHold: sum.differing === 0,
      logs,
    }
  } finally {
    await sql.end()
  }
}

function isExact(log: LogStatus): boolean {
  const { received, accepted, dropped, rejected, folded, dead, duplicates, waiting } = log
  return received === accepted + dropped + rejected && accepted === folded + dead + duplicates + waiting
}

async function compare(file: string, counted: Map<string, number>) {
  const receipts = await readReceipts(file)
  const check = { acked: 0, lost: 0, countedTwice: 0, torn: 0, unacked: 0, unackedCounted: 0 }
  for (const [id, { events, acks }] of receipts) {
    const hits = counted.get(id) ?? 0
    if (acks > 0) check.acked++
    else check.unacked++
    if (acks > 0 && hits < events) check.lost++
    if (acks === 0 && hits === events) check.unackedCounted++
    if (hits > 0 && hits < events) check.torn++
    if (hits > events) check.countedTwice++
  }
  for (const id of counted.keys()) if (!receipts.has(id)) check.countedTwice++
  return check
}

async function readCounted(sql: postgres.Sql): Promise<Map<string, number>> {
  const rows = await sql<{ parent: string; hits: string }[]>`
    select parent::text as parent, hits::text as hits from trackable.receipt`
  return new Map(rows.map(({ parent, hits }) => [parent, Number(hits)]))
}

async function readSums(sql: postgres.Sql) {
  const [sum] = await sql<{ receipt: number; hot: number; dead: number }[]>`
    select (select coalesce(sum(hits), 0)::float8 from trackable.receipt) as receipt,
      (select coalesce(sum(hits), 0)::float8 from trackable.hot) as hot,
      (select count(*)::float8 from trackable._dead_letters) as dead`
  let differing = 0
  for (const [totals, breakdown] of [
    ['receipt', 'receipt_by_dimensions'],
    ['receipt', 'receipt_by_day'],
    ['hot', 'hot_by_hour'],
    ['hot', 'hot_by_day'],
  ] as const) {
    const [row] = await sql<{ differing: number }[]>`
      select count(*)::int as differing from trackable.${sql.unsafe(totals)} as t
      full join (select parent, sum(hits) as hits from trackable.${sql.unsafe(breakdown)} group by parent) as b
      using (parent) where t.hits is distinct from b.hits`
    differing += row!.differing
  }
  return { ...sum!, differing }
}
