import type { Config } from '@trackable/dataset'
import { Hono } from 'hono'
import { refusalAnswer, refuse } from '../answer.ts'
import type { Db } from '../db/connect.ts'
import { insertKey, listKeys, revokeKey } from '../db/keys.ts'
import { type KeyKind, makeKey, originOf } from '../keys.ts'

/** What the routes of the keys act on. */
export interface KeyRouteOptions {
  db: Db
  schema: string
  config: Config
  /** Called after each change of the keys. */
  onKeysChanged(): Promise<void>
}

/** Lists, creates and revokes keys. */
export function createKeyRoutes({ db, schema, config, onKeysChanged }: KeyRouteOptions): Hono {
  const app = new Hono()

  app.get('/', async (c) => {
    const keys = await listKeys(db, schema)
    return c.json(keys.map(({ id, kind, origins, datasets }) => ({ id, kind, origins, datasets })))
  })

  app.post('/', async (c) => {
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
    await onKeysChanged()
    return c.json({ id: key.id, kind: key.kind, key: secret, origins: key.origins, datasets: key.datasets })
  })

  app.delete('/:id', async (c) => {
    const id = c.req.param('id')
    if (!(await revokeKey(db, schema, id))) {
      return refusalAnswer(refuse('not_found', `no valid key "${id}"; "trackable keys list" shows them`))
    }
    await onKeysChanged()
    return c.json({ id, revoked: true })
  })
  return app
}
