import { createHash, timingSafeEqual } from 'node:crypto'
import type { Dataset } from '@trackable/dataset'
import { Hono } from 'hono'
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import { refusalAnswer, refuse } from '../answer.ts'
import type { FoldDatabase } from '../db/fold-database.ts'
import type { Fold } from '../fold/fold.ts'
import { type LogCounts, readCounts } from '../fold/status.ts'
import { isLocal } from '../local.ts'
import type { EventLog } from '../log/event-log.ts'
import { bearerOf } from '../presented-key.ts'
import { createTally, type Tally } from './tally.ts'

/** What the metrics are read from. */
export interface MetricsOptions {
  log: EventLog
  database: FoldDatabase
  /** The operator's token; undefined where there is none. */
  token: string | undefined
  /** True where only this machine can reach the collector: then nobody needs the token. */
  loopback: boolean
  datasets: readonly Dataset[]
  /** Whether machines are told apart by rule. */
  botRules: boolean
}

/** The metrics of a collector. */
export interface Metrics {
  /** `GET /metrics`, for Prometheus. */
  route: Hono
  /** The same fold, with its runs measured. */
  measured(fold: Fold): Fold
  /** What ingest counts beside the log. */
  tally: Tally
}

/**
 * Creates the metrics. Received, accepted and what became of it are no counters in memory but the log's row and what
 * waits behind its offset, so that they are exact after any crash (guarantee 5).
 */
export function createMetrics({
  log,
  database,
  token,
  loopback,
  datasets,
  botRules,
}: MetricsOptions): Metrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const show = createCounts(registry)
  const up = new Gauge({
    name: 'trackable_database_up',
    help: 'Whether the database answers',
    registers: [registry],
  })
  const foldSeconds = new Histogram({
    name: 'trackable_fold_seconds',
    help: 'Duration of the runs of the fold that had something to do',
    buckets: [0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30],
    registers: [registry],
  })
  const failures = new Counter({
    name: 'trackable_fold_failures_total',
    help: 'Runs of the fold that failed, and are tried again',
    registers: [registry],
  })

  function failed(error: unknown): never {
    failures.inc()
    throw error
  }

  const route = new Hono().get('/metrics', async (c) => {
    const bearer = bearerOf(c.req.header('authorization'))
    if (!(loopback && isLocal(c)) && !isToken(bearer, token)) {
      return refusalAnswer(refuse('forbidden', 'send "Authorization: Bearer", with the DASHBOARD_TOKEN'))
    }
    try {
      show(await readCounts(log, database, Date.now()))
      up.set(1)
    } catch {
      // The numbers of the last time stay, and say so by this.
      up.set(0)
    }
    return c.text(await registry.metrics(), 200, { 'Content-Type': registry.contentType })
  })

  return {
    route,
    tally: createTally(registry, datasets, botRules),
    measured: (fold) => ({
      ...fold,
      async run(options) {
        const end = foldSeconds.startTimer()
        const events = await fold.run(options).catch(failed)
        if (events > 0) end()
        return events
      },
      settle: () => fold.settle().catch(failed),
    }),
  }
}

/** The metrics of guarantee 5. */
function createCounts(registry: Registry): (counts: LogCounts) => void {
  const registers = [registry]
  const counter = (name: string, help: string, labelNames: string[] = []) =>
    new Counter({ name: `trackable_${name}_total`, help, labelNames, registers })
  const gauge = (name: string, help: string) => new Gauge({ name: `trackable_${name}`, help, registers })
  const totals = {
    received: counter('received', 'Events in batches that were answered 202'),
    accepted: counter('accepted', 'Events that are to be counted'),
    folded: counter('folded', 'Events that are in the tables'),
    dead: counter('dead', 'Accepted events that could not be folded'),
    duplicates: counter('duplicates', 'Accepted events of batches that had counted before'),
    lost: counter('lost', 'Accepted events that an operator went on without, after a restored backup'),
  }
  const rejected = counter('rejected', 'Events rejected, by code', ['code'])
  const dropped = counter('dropped', 'Events dropped, by code', ['code'])
  const waiting = gauge('waiting', 'Accepted events in the log that are not folded yet')
  const oldest = gauge('log_oldest_seconds', 'Age of the oldest batch that waits to be folded')
  const paused = gauge('log_paused', 'Whether the fold is paused')
  return (counts) => {
    for (const [name, metric] of Object.entries(totals)) {
      metric.reset()
      metric.inc(counts[name as keyof typeof totals])
    }
    for (const [metric, codes] of [
      [rejected, counts.rejected],
      [dropped, counts.dropped],
    ] as const) {
      metric.reset()
      for (const [code, events] of Object.entries(codes)) metric.inc({ code }, events)
    }
    waiting.set(counts.waiting)
    oldest.set(counts.oldestSeconds)
    paused.set(Number(counts.paused))
  }
}

function isToken(presented: string | undefined, token: string | undefined): boolean {
  if (!presented || !token) return false
  // Hashed first: equal lengths, so that the time it takes says nothing about either.
  const hash = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(hash(presented), hash(token))
}
