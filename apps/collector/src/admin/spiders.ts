import { Hono } from 'hono'
import { refusalAnswer, refuse } from '../answer.ts'
import { normalAgent } from '../bots/agent.ts'
import type { BotFilter } from '../bots/filter.ts'
import type { ListedAgent } from '../bots/operator-list.ts'
import type { Db } from '../db/connect.ts'
import { addSpiders, listSpiders, removeSpiders } from '../db/spiders.ts'

/** What the routes of the spiders act on. */
export interface SpiderRouteOptions {
  db: Db
  schema: string
  /** What judges `test`: the collector's own filter, or one of its own where no collector runs. */
  bots: BotFilter
  /** Called after each change of the list. */
  onSpidersChanged(): Promise<void>
}

const MOST_PATTERNS = 1000
const MOST_AGENTS = 100_000
const LEAST_TEXT = 4

/** Lists, adds, removes and tests user agents. */
export function createSpiderRoutes({ db, schema, bots, onSpidersChanged }: SpiderRouteOptions): Hono {
  const app = new Hono()

  app.get('/', async (c) => c.json(await listSpiders(db, schema)))

  app.post('/', async (c) => {
    const { agents, kind } = await c.req.json<{ agents: string[]; kind: ListedAgent['kind'] }>()
    const added = [...new Set(agents.map(normalAgent))].filter((agent) => agent !== '')
    const reason = refused(added, await listSpiders(db, schema))
    if (reason) return refusalAnswer(refuse('malformed', reason))
    await addSpiders(db, schema, added, kind)
    await onSpidersChanged()
    return c.json({ added: added.length })
  })

  app.post('/remove', async (c) => {
    const { agents } = await c.req.json<{ agents: string[] }>()
    const removed = await removeSpiders(db, schema, agents.map(normalAgent))
    if (removed === 0)
      return refusalAnswer(
        refuse('not_found', 'none of these is in the list; "trackable spiders list" shows it'),
      )
    await onSpidersChanged()
    return c.json({ removed })
  })

  app.post('/test', async (c) => {
    const { agents } = await c.req.json<{ agents: string[] }>()
    return c.json(agents.map((userAgent) => ({ userAgent, ...bots.judge({ userAgent }) })))
  })
  return app
}

/** Why agents are not taken; undefined where they are. Each pattern costs every verdict, and a short one drops everybody. */
function refused(agents: string[], listed: ListedAgent[]): string | undefined {
  if (agents.length === 0) return 'no user agent is given'
  const short = agents.find((agent) => agent.includes('*') && agent.replaceAll('*', '').length < LEAST_TEXT)
  if (short !== undefined)
    return `"${short}" has fewer than ${LEAST_TEXT} characters beside *, and would meet too many`
  const all = new Set([...agents, ...listed.map(({ agent }) => agent)])
  if (all.size > MOST_AGENTS) return `the list would have ${all.size} entries; at most ${MOST_AGENTS}`
  const patterns = [...all].filter((agent) => agent.includes('*')).length
  return patterns > MOST_PATTERNS
    ? `the list would have ${patterns} entries with *; at most ${MOST_PATTERNS}`
    : undefined
}
