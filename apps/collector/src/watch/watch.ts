import type { FoldDatabase } from '../db/fold-database.ts'
import { ClockError, type Pruned } from '../fold/housekeeping.ts'
import { type LogStatus, readStatus } from '../fold/status.ts'
import type { EventLog } from '../log/event-log.ts'
import { type Report, reasonOf } from '../report.ts'
import type { Alerts } from './alerts.ts'

/** What is looked after. */
export interface WatchOptions {
  log: EventLog
  database: FoldDatabase
  /** Why nothing can be accepted now; undefined where it can. */
  refusal(): Promise<string | undefined>
  /** One round of housekeeping; gives what was pruned. @throws ClockError */
  keepHouse(): Promise<Pruned>
  alerts: Alerts
  report: Report
}

const LOOK_EVERY = 15_000
const KEEP_HOUSE_EVERY = 60_000
const AWAY_MS = 60_000
/** A record that waits for so long means that the fold does not keep up, or does not run. */
const OLD_SECONDS = 300

/** Looks after a running collector: prunes the ledger, and calls the operator for what needs one. */
export function startWatch(options: WatchOptions): { stop(): Promise<void> } {
  const { log, database, alerts, report } = options
  let answered = performance.now()

  /** The status, where the database answers; the operator is called where it has not for a minute. */
  async function askDatabase(): Promise<LogStatus | undefined> {
    try {
      const status = await readStatus(log, database, Date.now())
      answered = performance.now()
      alerts.clear('database_away')
      return status
    } catch (error) {
      if (performance.now() - answered > AWAY_MS)
        alerts.raise(
          'database_away',
          `the database does not answer: ${reasonOf(error)}; events are accepted into the log`,
        )
      return undefined
    }
  }

  async function look(): Promise<void> {
    const refusal = await options.refusal()
    if (refusal) alerts.raise('log_refuses', `nothing is accepted: ${refusal}`)
    else alerts.clear('log_refuses')
    const status = await askDatabase()
    if (!status) return
    const { oldestSeconds, paused, waiting } = status
    if (!paused && oldestSeconds > OLD_SECONDS) {
      alerts.raise(
        'log_old',
        `${waiting} accepted events wait to be folded, the oldest for ${Math.round(oldestSeconds)} s; "trackable doctor" looks why`,
      )
    } else alerts.clear('log_old')
  }

  async function tidy(): Promise<void> {
    try {
      const { ids, buckets } = await options.keepHouse()
      alerts.clear('clock_moved')
      if (ids > 0) report('info', `ledger: ${ids} ids pruned`)
      if (buckets > 0) report('info', `series: ${buckets} rows pruned that are past what is kept`)
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
