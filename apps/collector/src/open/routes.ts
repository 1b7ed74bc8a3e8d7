import type { Dataset } from '@trackable/dataset'
import type { Hono } from 'hono'
import { createImportWrites } from '../admin/imports.ts'
import type { Db } from '../db/connect.ts'
import type { Fold } from '../fold/fold.ts'
import type { Door } from '../ingest/door.ts'
import { createGoRoute } from '../ingest/go.ts'
import { createHitRoutes } from '../ingest/hit.ts'
import type { Ingest } from '../ingest/ingest.ts'
import { createBatchRoute } from '../ingest/route.ts'
import type { KeyRing } from '../keys.ts'
import { readerKey } from '../read/access.ts'
import { createBadge } from '../read/badge.ts'
import { createExport } from '../read/export.ts'
import { createImportReads } from '../read/imports.ts'
import type { Live } from '../read/live.ts'
import { createReads } from '../read/route.ts'
import { createScriptRoute } from '../script.ts'
import type { Metrics } from '../watch/metrics.ts'

/** What the public routes stand on. */
export interface RouteParts {
  reads: { db: Db; schema: string; keys: KeyRing; datasets: readonly Dataset[] }
  fold: Fold
  door: Door
  ingest: Ingest
  live: Live
  metrics: Metrics
}

/** The public routes of a collector; `access.ts` says who may call each. */
export function publicRoutes({ reads, fold, door, ingest, live, metrics }: RouteParts): Hono[] {
  const settle = () => fold.settle()
  return [
    createBatchRoute(ingest),
    createHitRoutes(door),
    createGoRoute(door, metrics.tally.lostClick),
    createReads({ ...reads, now: Date.now }),
    createBadge(reads),
    createExport(reads),
    live.route,
    createScriptRoute(),
    createImportReads({ ...reads, settle }),
    createImportWrites({ ...reads, keep: door.keep, settle, keyOf: (c) => readerKey(c, reads.keys) }),
    metrics.route,
  ]
}
