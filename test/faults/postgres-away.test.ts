import { setTimeout as sleep } from 'node:timers/promises'
import postgres from 'postgres'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { SOUND } from '../support/check-receipts.ts'
import { startCuttingProxy } from '../support/cutting-proxy.ts'
import { type PostgresServer, startPostgres } from '../support/postgres.ts'
import { until } from '../support/until.ts'
import { type Ground, prepareGround } from './ground.ts'
import { surviving } from './lost-connections.ts'

const OUTAGE_MS = 2000

let server: PostgresServer
let admin: postgres.Sql
beforeAll(async () => {
  server = await startPostgres()
  admin = postgres(server.url, { max: 1, onnotice: () => undefined })
  await admin.unsafe('create role collector login')
})
afterAll(async () => {
  await admin?.end()
  await server?.stop()
})

/** A new database that an ordinary role owns, as that role reaches it. */
async function createOwnedDatabase(): Promise<{ url: string; name: string }> {
  const url = new URL(await server.createDatabase())
  const name = url.pathname.slice(1)
  await admin.unsafe(`alter database ${name} owner to collector`)
  url.username = 'collector'
  return { url: url.href, name }
}

/** How many batches have counted. */
async function counted(databaseName: string): Promise<number> {
  const sql = postgres(server.url.replace(/\/postgres$/, `/${databaseName}`), { max: 1 })
  const [row] = await sql<{ count: number }[]>`
    select coalesce(sum(received), 0)::int as count from trackable._logs`
  await sql.end()
  return row!.count
}

/**
 * A collector under load, through an outage: it must be real, every request must be answered 202, nothing may die, and
 * the fold must go on within 15 s without being asked.
 */
async function through(
  ground: Ground,
  name: string,
  begin: () => Promise<unknown>,
  end: () => Promise<unknown>,
) {
  const collector = await ground.start()
  const load = ground.load()
  await surviving(
    collector,
    until('the fold runs', async () => (await counted(name)) > 0),
  )
  await begin()
  const before = await counted(name)
  await surviving(collector, sleep(OUTAGE_MS))
  const after = await counted(name)
  await end()
  await surviving(
    collector,
    until('the fold goes on', async () => (await counted(name)) > after, 15_000),
  )
  await load.stop()
  const check = await surviving(collector, ground.check(collector))
  await collector.kill9()
  expect(after).toBe(before)
  expect(Object.keys(load.statuses())).toEqual(['202'])
  expect(check).toMatchObject({ ...SOUND, unacked: 0, logs: [{ dead: 0 }] })
}

// Guarantee 3: ingest goes on from the log, and nothing becomes a dead letter for a fault that will pass.
// Where `isAboutValue` takes any SQLSTATE for one about a value, events are dead letters without permission or table.
describe('ingest goes on, and the fold catches up', () => {
  test('where Postgres is away', async () => {
    const { url, name } = await createOwnedDatabase()
    const proxy = await startCuttingProxy(url)
    const ground = await prepareGround(server, { databaseUrl: url, collectorsUrl: proxy.url })
    await through(ground, name, proxy.pause, proxy.resume)
    await proxy.close()
  })

  test('where Postgres is away while the collector starts', async () => {
    const { url } = await createOwnedDatabase()
    const proxy = await startCuttingProxy(url)
    const ground = await prepareGround(server, { databaseUrl: url, collectorsUrl: proxy.url })
    const first = await ground.start()
    const load = ground.load()
    await sleep(1500)
    await proxy.pause()
    await first.kill9()
    const second = await ground.start()
    await surviving(second, sleep(OUTAGE_MS))
    await proxy.resume()
    await load.stop()
    expect(await surviving(second, ground.check(second))).toMatchObject({ ...SOUND, logs: [{ dead: 0 }] })
    await second.kill9()
    await proxy.close()
  })

  test('where the database is read-only for a while, as after a failover to a standby', async () => {
    const { url, name } = await createOwnedDatabase()
    const readOnly = async () => {
      await admin.unsafe(`alter database ${name} set default_transaction_read_only = on`)
      await admin`select pg_terminate_backend(pid) from pg_stat_activity
        where datname = ${name} and usename = 'collector'`
    }
    // Sessions that were opened meanwhile stay read-only: the collector has to leave them by itself.
    const writable = () => admin.unsafe(`alter database ${name} reset default_transaction_read_only`)
    await through(await prepareGround(server, { databaseUrl: url }), name, readOnly, writable)
  })

  test.each([
    [
      'the permission on a table',
      'revoke all on trackable.receipt from collector',
      'grant all on trackable.receipt to collector',
    ],
    [
      'a table',
      'alter table trackable.hot rename to elsewhere',
      'alter table trackable.elsewhere rename to hot',
    ],
  ])('where %s is gone for a while', async (_what, take, give) => {
    const { url, name } = await createOwnedDatabase()
    const ground = await prepareGround(server, { databaseUrl: url })
    const owner = postgres(url, { max: 1 })
    await through(
      ground,
      name,
      () => owner.unsafe(take),
      () => owner.unsafe(give),
    )
    await owner.end()
  })
})
