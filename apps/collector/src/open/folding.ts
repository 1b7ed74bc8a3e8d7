import type { Dataset } from '@trackable/dataset'
import type { Db } from '../db/connect.ts'
import type { FoldDatabase } from '../db/fold-database.ts'
import { pruneLedger, reportOldest } from '../db/logs.ts'
import { isApplied } from '../db/migrate.ts'
import { pruneBuckets } from '../db/prune-buckets.ts'
import { createFold, type Fold } from '../fold/fold.ts'
import { createHousekeeping } from '../fold/housekeeping.ts'
import { startFoldLoop } from '../fold/loop.ts'
import type { FileLog } from '../log/file/file-log.ts'
import { type Report, reasonOf } from '../report.ts'
import type { Settings } from '../settings.ts'
import type { Alerts } from '../watch/alerts.ts'
import { startWatch } from '../watch/watch.ts'
import type { Opened } from './storage.ts'

/** What folding needs, and what looks after it. */
export interface FoldingParts {
  settings: Settings
  datasets: readonly Dataset[]
  log: FileLog
  db: Db
  tables: FoldDatabase
  alerts: Alerts
  report: Report
  opened: Opened
}

/** Creates the fold of the log into the tables. */
export function foldOf({ settings, datasets, log, db, tables }: FoldingParts): Fold {
  const { deadLetters, logKeep, schema } = settings
  return createFold({
    log,
    database: tables,
    datasets,
    deadLetters,
    logKeepMs: logKeep,
    now: Date.now,
    isNewest: () => isApplied(db, schema, datasets),
  })
}

const STUCK_MS = 60_000

/** Folds again and again until the collector is closed. */
export function keepFolding(fold: Fold, every: number, { report, alerts, opened }: FoldingParts): void {
  const loop = startFoldLoop(
    fold,
    every,
    (error, failingMs) => {
      const message = `fold: ${reasonOf(error)}; trying again`
      if (failingMs === 0) report('error', message)
      if (failingMs > STUCK_MS) alerts.raise('fold_stuck', message)
    },
    () => {
      report('info', 'fold: going on')
      alerts.clear('fold_stuck')
    },
  )
  opened.push(() => loop.stop())
}

/** Looks after log, ledger and buckets: also while the database is away, and where somebody else folds. */
export function lookAfter({
  settings,
  datasets,
  log,
  db,
  tables,
  alerts,
  report,
  opened,
}: FoldingParts): void {
  const { schema, dedupWindow } = settings
  const keepHouse = createHousekeeping({
    log,
    reportOldest: (oldest) => reportOldest(db, schema, log.id, oldest),
    pruneLedger: (limit) => pruneLedger(db, schema, dedupWindow, limit),
    pruneBuckets: (limit) => pruneBuckets(db, schema, datasets, Date.now(), limit),
    now: Date.now,
    elapsed: () => performance.now(),
  })
  const watched = { log, database: tables, refusal: log.refusal, keepHouse }
  const watch = startWatch({ ...watched, alerts, report })
  opened.push(() => watch.stop())
}
