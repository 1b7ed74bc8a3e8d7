import type { Db } from '../db/connect.ts'
import type { FoldDatabase } from '../db/fold-database.ts'
import { pruneLedger, reportOldest } from '../db/logs.ts'
import { ClockError, createHousekeeping } from '../fold/housekeeping.ts'
import { readStatus } from '../fold/status.ts'
import type { FileLog } from '../log/file/file-log.ts'
import { type Report, reasonOf } from '../report.ts'
import type { Alerts } from './alerts.ts'

/** What is looked after. */
export interface WatchOptions {
  log: FileLog
  db: Db
  schema: string
  database: FoldDatabase
  dedupWindowMs: number
  alerts: Alerts
  report: Report
}

const LOOK_EVERY = 15_000
const KEEP_HOUSE_EVERY = 60_000
/** A record that waits for so long means that the fold does not keep up, or does not run. */
const OLD_SECONDS = 300

/** Looks after a running collector: prunes the ledger, and calls the operator for what needs one. */
export function startWatch(options: WatchOptions): { stop(): Promise<void> } {
  const { log, db, schema, database, dedupWindowMs, alerts, report } = options
  const keepHouse = createHousekeeping({
    log,
    reportOldest: (oldest) => reportOldest(db, schema, log.id, oldest),
    prune: (limit) => pruneLedger(db, schema, dedupWindowMs, limit),
    now: Date.now,
    elapsed: () => performance.now(),
  })

  async function look(): Promise<void> {
    const refusal = await log.refusal()
    if (refusal) alerts.raise('log_refuses', `nothing is accepted: ${refusal}`)
    else alerts.clear('log_refuses')
    const { oldestSeconds, paused, waiting } = await readStatus(log, database, Date.now())
    if (!paused && oldestSeconds > OLD_SECONDS) {
      alerts.raise(
        'log_old',
        `${waiting} accepted events wait to be folded, the oldest for ${Math.round(oldestSeconds)} s; "trackable doctor" looks why`,
      )
    } else alerts.clear('log_old')
  }

  async function tidy(): Promise<void> {
    try {
      const pruned = await keepHouse()
      alerts.clear('clock_moved')
      if (pruned > 0) report('info', `ledger: ${pruned} ids pruned`)
    } catch (error) {
      if (!(error instanceof ClockError)) throw error
      alerts.raise('clock_moved', error.message)
    }
  }

  const looking = every(LOOK_EVERY, look, report)
  const tidying = every(KEEP_HOUSE_EVERY, tidy, report)
  return {
    async stop() {
      await Promise.all([looking(), tidying()])
    },
  }
}

/** Does something on a period, one at a time, first at once; gives what stops it. What it throws is reported once. */
function every(pause: number, act: () => Promise<void>, report: Report): () => Promise<void> {
  let timer: NodeJS.Timeout | undefined
  let stopped = false
  let failing = false
  const once = async () => {
    try {
      await act()
      failing = false
    } catch (error) {
      // The database is away: the fold says so too, and what is done here waits for it.
      if (!failing) report('warn', `housekeeping: ${reasonOf(error)}; trying again`)
      failing = true
    }
    if (!stopped) timer = setTimeout(next, pause)
  }
  const next = () => {
    running = once()
  }
  let running = once()
  return async () => {
    stopped = true
    clearTimeout(timer)
    await running
  }
}
