import type { Config } from '@trackable/dataset'
import { GRANT_LENGTH } from '@trackable/protocol'
import { Hono } from 'hono'
import { refusalAnswer, refuse } from '../answer.ts'
import type { Db } from '../db/connect.ts'
import { listKeys } from '../db/keys.ts'
import { signGrant } from '../signatures.ts'

/** What the route of the grants acts on. */
export interface GrantRouteOptions {
  db: Db
  schema: string
  config: Config
}

interface GrantBody {
  dataset: string
  parents: string[]
  fields: string[]
  seconds: number
}

/** Signs grants with the newest secret key that may touch the dataset. */
export function createGrantRoutes({ db, schema, config }: GrantRouteOptions): Hono {
  return new Hono().post('/', async (c) => {
    const { dataset: name, parents, fields, seconds } = await c.req.json<GrantBody>()
    const dataset = config.dataset(name)
    const wrong = fields.find((field) => !Object.hasOwn(dataset.fields, field))
    if (wrong !== undefined) {
      const known = Object.keys(dataset.fields).join(', ')
      return refusalAnswer(refuse('malformed', `no field "${wrong}" in dataset "${name}"; it has ${known}`))
    }
    const keys = await listKeys(db, schema)
    const key = keys.findLast(
      ({ signing, datasets }) => signing !== '' && (datasets.length === 0 || datasets.includes(name)),
    )
    if (!key) {
      const cure = '"trackable keys create --kind secret" makes one'
      return refusalAnswer(
        refuse('not_found', `no secret key that may touch dataset "${name}" is there; ${cure}`),
      )
    }
    const exp = Math.floor(Date.now() / 1000) + seconds
    const grant = signGrant(key, { dataset: name, parents, fields, exp })
    if (grant.length > GRANT_LENGTH) {
      return refusalAnswer(
        refuse('too_large', `the grant is longer than ${GRANT_LENGTH} characters; name fewer parents`),
      )
    }
    return c.json({ grant, kid: key.id, dataset: name, parents, fields, expires: new Date(exp * 1000) })
  })
}
