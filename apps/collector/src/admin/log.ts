import { Hono } from 'hono'
import { refusalAnswer, refuse } from '../answer.ts'
import { createFoldDatabase } from '../db/commit.ts'
import type { Db } from '../db/connect.ts'
import { addLost, setOffset, setPaused } from '../db/logs.ts'
import type { Fold } from '../fold/fold.ts'
import { findGap } from '../fold/gap.ts'
import { readable } from '../fold/readable.ts'
import { readStatus } from '../fold/status.ts'
import type { EventLog } from '../log/event-log.ts'

/** What the routes of the log act on. */
export interface LogRouteOptions {
  db: Db
  schema: string
  log: EventLog
  fold: Fold
}

const PEEK_BYTES = 1024 * 1024

/** Status, peek, fold, pause and replay of the log. */
export function createLogRoutes({ db, schema, log, fold }: LogRouteOptions): Hono {
  const database = createFoldDatabase(db, schema)
  const status = () => readStatus(log, database, Date.now())
  const app = new Hono()

  app.get('/', async (c) => c.json(await status()))

  app.get('/peek', async (c) => {
    const offset = (await database.readLog(log.id))?.position ?? null
    const entries = await log.read(offset, PEEK_BYTES)
    const shown = entries.slice(0, Number(c.req.query('count') ?? 10))
    return c.json(
      shown.map(({ position, batch, definitions }) => {
        const { id, arrival, received, events, dropped, rejected, import: part } = batch
        const named = events.map((event) => readable(event, definitions))
        const at = new Date(arrival)
        return { position, id, arrival: at, received, dropped, rejected, import: part, events: named }
      }),
    )
  })

  app.post('/fold', async (c) => {
    const body = await c.req.json<{ maxEvents?: number; strict?: boolean; acceptGap?: boolean }>()
    if (body.acceptGap) {
      const gap = await findGap(log, await database.readLog(log.id))
      if (gap) await addLost(db, schema, log.id, gap)
    }
    return c.json({ events: await fold.run(body), ...(await status()) })
  })

  app.post('/pause', async (c) => {
    const { paused } = await c.req.json<{ paused: boolean }>()
    await setPaused(db, schema, log.id, paused)
    return c.json(await status())
  })

  app.post('/replay', async (c) => {
    const { from } = await c.req.json<{ from: string }>()
    const target = from === 'start' ? null : from
    const row = await database.readLog(log.id)
    const { place } = await log.view(target)
    if (place !== 'kept' && place !== 'start') {
      return refusalAnswer(
        refuse(
          'malformed',
          `the log holds no record at "${from}"; give "start", or an offset that "trackable log status" or "peek" showed`,
        ),
      )
    }
    if (!(await setOffset(db, schema, log.id, row?.position ?? null, target))) {
      return refusalAnswer(
        refuse('unavailable', 'the fold went on meanwhile; pause it first: "trackable log pause"'),
      )
    }
    fold.reload()
    return c.json(await status())
  })
  return app
}
