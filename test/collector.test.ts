import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { uuidv7 } from '@trackable/protocol'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type CollectorProcess, startCollector } from './support/collector.ts'
import { type PostgresServer, startPostgres } from './support/postgres.ts'
import { tempDir } from './support/temp-dir.ts'

const CONFIG = `
  import { counter, defineConfig, defineDataset } from '@trackable/dataset'
  const article = defineDataset('article', { fields: { hits: counter() }, public: { write: ['hits'] } })
  export default defineConfig({ datasets: [article] })
`

function batchOf(key: string) {
  const now = Date.now()
  const at = new Date(now).toISOString()
  const id = uuidv7(now, crypto.getRandomValues(new Uint8Array(10)))
  return { v: 1, id, key, sentAt: at, events: [{ dataset: 'article', parent: '1', at, fields: { hits: 1 } }] }
}

async function send(collector: CollectorProcess, batch: unknown): Promise<number> {
  const answer = await fetch(`${collector.url}/v1/batches`, {
    method: 'POST',
    headers: { 'content-type': 'text/plain', 'user-agent': 'Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0' },
    body: JSON.stringify(batch),
  })
  return answer.status
}

describe('a collector of a test', () => {
  const folder = tempDir('config')
  const configFile = join(folder.path, 'trackable.config.ts')
  let database: PostgresServer
  beforeAll(async () => {
    writeFileSync(configFile, CONFIG)
    database = await startPostgres()
  })
  afterAll(async () => {
    await database.stop()
    folder.remove()
  })

  it.each(['the embedded database', 'Postgres'])(
    'goes on with its data after kill -9, on %s',
    async (where) => {
      const databaseUrl = where === 'Postgres' ? await database.createDatabase() : undefined
      const options = { configFile, ...(databaseUrl ? { databaseUrl } : {}) }
      const first = await startCollector(options)
      const write = await first.createKey('write', { datasets: ['article'] })
      const secret = await first.createKey('secret')
      expect(write).toMatchObject({ kind: 'write', datasets: ['article'], origins: [] })
      expect(await send(first, batchOf(write.key))).toBe(202)
      expect(await send(first, batchOf('pk_unknown'))).toBe(401)
      await first.kill9()

      const second = await startCollector({ ...options, dataDir: first.dataDir, port: first.port })
      expect(await send(second, batchOf(write.key))).toBe(202)
      expect((await second.cli(['fold', '--once'])).code).toBe(0)
      const totals = `${second.url}/v1/datasets/article/totals?parent=1`
      const answer = await fetch(totals, { headers: { authorization: `Bearer ${secret.key}` } })
      expect(await answer.json()).toEqual({ rows: [{ parent: '1', hits: 2 }] })
      await second.stop()
    },
  )

  it('says why it does not start', async () => {
    const starting = startCollector({ configFile: join(folder.path, 'nowhere.ts') })
    await expect(starting).rejects.toThrow(/no configuration file/)
  })
})
