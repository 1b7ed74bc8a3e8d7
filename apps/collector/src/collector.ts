import type { Config } from '@trackable/dataset'
import { type Collector, openCollector } from './open/open-collector.ts'
import { createReport, type Report } from './report.ts'
import { readSettings } from './settings.ts'

/** How a collector is created in code. What is left out comes from the environment, then from the defaults. */
export interface CollectorOptions {
  config: Config
  /** `postgres://…` or `pglite://FOLDER` */
  databaseUrl?: string
  /** `file://FOLDER` */
  logUrl?: string
  /** The tables' schema, `trackable` by default. */
  databaseSchema?: string
  /** Pause between folds such as `1s`, or `off`: then only `fold()` folds. */
  foldEvery?: string
  dedupWindow?: string
  logKeep?: string
  bots?: 'drop' | 'count' | 'off'
  /** Events a second of one public key and address, or `off`; by default 100 where `trustProxy` is not 0, else off. */
  rateLimit?: number | 'off'
  /** How many proxies of your own a request passes, whose `X-Forwarded-For` is believed; 0 by default. */
  trustProxy?: number
  deadLetters?: 'keep' | 'drop'
  /** URL that is posted to when an operator is needed. */
  alertWebhook?: string
  /** What is said to the operator; standard error by default. */
  report?: Report
  /** The log can take nothing more; the process should end, and does by default. */
  onFatal?(error: Error): void
}

/**
 * Creates a collector: takes the data folder, recovers the log, connects the database and brings its tables to the
 * configuration. A Postgres that is away does not stop it: it accepts into the log and folds later.
 * @throws SettingsError, FolderHeldError, DestructiveMigrationError
 * @example
 * const collector = await createCollector({ config, databaseUrl: 'postgres://…' })
 * yourApp.route('/', collector.app)
 */
export async function createCollector(options: CollectorOptions): Promise<Collector> {
  const settings = readSettings({
    database_url: options.databaseUrl,
    log_url: options.logUrl,
    database_schema: options.databaseSchema,
    fold_every: options.foldEvery,
    dedup_window: options.dedupWindow,
    log_keep: options.logKeep,
    bots: options.bots,
    rate_limit: options.rateLimit?.toString(),
    trust_proxy: options.trustProxy?.toString(),
    dead_letters: options.deadLetters,
    alert_webhook: options.alertWebhook,
    host: '127.0.0.1',
  })
  const report = options.report ?? createReport(settings.logLevel)
  return openCollector(settings, options.config, {
    purpose: 'embed',
    report,
    onFatal: options.onFatal ?? endProcess,
  })
}

function endProcess(): void {
  // Long enough for the answers 503 to leave.
  setTimeout(() => process.exit(1), 200)
}
