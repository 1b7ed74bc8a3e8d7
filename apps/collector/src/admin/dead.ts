import type { Dataset } from '@trackable/dataset'
import { Hono } from 'hono'
import { refusalAnswer, refuse } from '../answer.ts'
import type { Db } from '../db/connect.ts'
import { dropLetters, type Letters, listLetters } from '../db/dead-letters.ts'
import { replayLetters } from '../fold/replay.ts'

/** What the routes of the dead letters act on. */
export interface DeadRouteOptions {
  db: Db
  schema: string
  datasets: readonly Dataset[]
}

/** Lists, replays and drops dead letters. */
export function createDeadRoutes({ db, schema, datasets }: DeadRouteOptions): Hono {
  const app = new Hono()

  app.get('/', async (c) => {
    const { dataset, id, after = '0', limit = '100' } = c.req.query()
    const letters: Letters = { ...(dataset && { dataset }), ...(id && { ids: [id] }) }
    const found = await listLetters(db, schema, letters, after, Number(limit))
    if (id && found.length === 0) {
      return refusalAnswer(refuse('not_found', `no dead letter ${id}; "trackable dead list" shows them`))
    }
    return c.json(found)
  })

  app.post('/replay', async (c) => c.json(await replayLetters(db, schema, datasets, await c.req.json())))

  app.post('/drop', async (c) => c.json({ dropped: await dropLetters(db, schema, await c.req.json()) }))
  return app
}
