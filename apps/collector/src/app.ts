import type { Dataset } from '@trackable/dataset'
import { Hono } from 'hono'
import { declared, routeName } from './access.ts'
import { openToAnyOrigin, refusalAnswer, refuse } from './answer.ts'
import { createOpenApiRoute } from './openapi/document.ts'
import type { Report } from './report.ts'
import { watchRequests } from './request-log.ts'
import type { Traces } from './traces.ts'

/** The public routes of a collector, and what says whether it can take anything. */
export interface AppParts {
  datasets: readonly Dataset[]
  routes: readonly Hono[]
  /** Why nothing can be accepted durably now; undefined where it can. */
  refusal(): Promise<string | undefined>
  report: Report
  traces: Traces
}

/** Puts the parts' routes, health and the answers to everything else under one roof. */
export function createApp({ datasets, routes, refusal, report, traces }: AppParts): Hono {
  const app = new Hono()
  app.use(watchRequests(report, traces))
  app.use(openToAnyOrigin)
  for (const part of routes) app.route('/', part)
  const served = () => new Set(app.routes.map(({ method, path }) => routeName(method, path)))
  app.route('/', createOpenApiRoute(datasets, served))
  app.get('/healthz', (c) => c.json({ ok: true }))
  app.get('/readyz', async (c) => {
    const reason = await refusal()
    return reason ? refusalAnswer(refuse('unavailable', reason)) : c.json({ ok: true })
  })
  app.notFound((c) => refusalAnswer(refuse('not_found', `no ${c.req.method} ${c.req.path} here`)))
  app.onError(() => refusalAnswer(refuse('unavailable', 'the collector could not answer; try again')))
  return declared(app, 'public')
}
