import type { Config, Dataset } from '@trackable/dataset'
import { Hono } from 'hono'
import { refusalAnswer, refuse } from '../answer.ts'
import type { Db } from '../db/connect.ts'
import { insertKey, listKeys, revokeKey } from '../db/keys.ts'
import { type Migration, migrate, planFor } from '../db/migrate.ts'
import { type KeyKind, makeKey, originOf } from '../keys.ts'
import { reasonOf } from '../report.ts'
import { query } from './query.ts'

/** What the administrative routes act on. */
export interface AdminOptions {
  db: Db
  schema: string
  config: Config
  /** Called after each change of the keys. */
  onKeysChanged(): Promise<void>
  fold(maxEvents?: number): Promise<number>
  status(): Promise<object>
}

/**
 * What the commands of the CLI do, as one table of routes: served on the control socket, and called in place where
 * no collector runs. It is never served where the public routes are.
 */
export function createAdmin(options: AdminOptions): Hono {
  const { db, schema, config } = options
  const app = new Hono()

  app.get('/v1/admin/keys', async (c) => {
    const keys = await listKeys(db, schema)
    return c.json(keys.map(({ id, kind, origins, datasets }) => ({ id, kind, origins, datasets })))
  })

  app.post('/v1/admin/keys', async (c) => {
    const body = await c.req.json<{ kind: KeyKind; origins: string[]; datasets: string[] }>()
    const origins = body.origins.map((text) => originOf(text) ?? { wrong: text })
    const wrong = origins.find((origin) => typeof origin !== 'string')
    if (wrong)
      return refusalAnswer(
        refuse('malformed', `"${wrong.wrong}" is no origin; expected one like https://example.com`),
      )
    if (body.kind === 'secret' && origins.length > 0) {
      return refusalAnswer(refuse('malformed', 'a secret key has no origins: it must never be in a page'))
    }
    for (const name of body.datasets) config.dataset(name)
    const { key, secret } = makeKey(body.kind, origins as string[], body.datasets)
    await insertKey(db, schema, key)
    await options.onKeysChanged()
    return c.json({ id: key.id, kind: key.kind, key: secret, origins: key.origins, datasets: key.datasets })
  })

  app.delete('/v1/admin/keys/:id', async (c) => {
    const id = c.req.param('id')
    if (!(await revokeKey(db, schema, id))) {
      return refusalAnswer(refuse('not_found', `no valid key "${id}"; "trackable keys list" shows them`))
    }
    await options.onKeysChanged()
    return c.json({ id, revoked: true })
  })

  app.get('/v1/admin/log', async (c) => c.json(await options.status()))

  app.post('/v1/admin/log/fold', async (c) => {
    const { maxEvents } = await c.req.json<{ maxEvents?: number }>()
    return c.json({ events: await options.fold(maxEvents), ...(await options.status()) })
  })

  app.post('/v1/admin/migrate', async (c) => {
    const body = await c.req.json<{ datasets: Dataset[]; dryRun: boolean; allowDestructive: boolean }>()
    if (body.dryRun) return c.json(shown(await planFor(db, schema, body.datasets)))
    return c.json(shown(await migrate(db, schema, body.datasets, body.allowDestructive)))
  })

  app.post('/v1/admin/query', async (c) => c.json(await query(db, schema, config, await c.req.json())))

  app.onError((error) => refusalAnswer(refuse('malformed', reasonOf(error))))
  return app
}

function shown({ needed, version, steps }: Migration) {
  return { needed, version, steps: steps.map(({ title, sql, loses }) => ({ title, sql, loses })) }
}
