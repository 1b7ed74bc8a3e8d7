import type { Dataset } from '@trackable/dataset'
import { Hono } from 'hono'
import { openToAnyOrigin, refusalAnswer, refuse } from './answer.ts'
import { createBotFilter } from './bots/is-bot.ts'
import type { Db } from './db/connect.ts'
import { reasonOf } from './db/errors.ts'
import type { Fold } from './fold/fold.ts'
import { createIngest } from './ingest/route.ts'
import type { KeyRing } from './keys.ts'
import type { FileLog } from './log/file/file-log.ts'
import { createImportReads } from './read/imports.ts'
import { createReads } from './read/route.ts'
import type { Report } from './report.ts'
import type { Settings } from './settings.ts'

/** The parts that the public routes stand on. */
export interface AppParts {
  settings: Settings
  datasets: readonly Dataset[]
  log: FileLog
  db: Db
  keys: KeyRing
  fold: Fold
  report: Report
  isClosing(): boolean
  onFatal(error: Error): void
}

/** The public routes: ingest, reads, health. */
export function createApp({
  settings,
  datasets,
  log,
  db,
  keys,
  fold,
  report,
  isClosing,
  onFatal,
}: AppParts): Hono {
  const { schema, dedupWindow } = settings
  const now = Date.now
  const isBot = settings.bots === 'off' ? () => false : createBotFilter()
  const app = new Hono()
  app.use(openToAnyOrigin)
  app.route('/', createIngest({ log, keys, datasets, isBot, dedupWindowMs: dedupWindow, now, onFatal }))
  app.route('/', createReads({ db, schema, keys, datasets, now }))
  app.route('/', createImportReads({ db, schema, keys, settle: () => fold.run() }))
  app.get('/healthz', (c) => c.json({ ok: true }))
  app.get('/readyz', async (c) => {
    const reason = await notReady()
    return reason ? refusalAnswer(c, refuse('unavailable', reason)) : c.json({ ok: true })
  })
  app.notFound((c) => refusalAnswer(c, refuse('not_found', `no ${c.req.method} ${c.req.path} here`)))
  app.onError((error, c) => {
    report('error', `${c.req.method} ${c.req.path}: ${reasonOf(error)}`)
    return refusalAnswer(c, refuse('unavailable', 'the collector could not answer; try again'))
  })

  async function notReady(): Promise<string | undefined> {
    if (isClosing()) return 'the collector is closing'
    return keys.find('') === undefined ? 'the keys are not loaded yet' : log.refusal()
  }
  return app
}
