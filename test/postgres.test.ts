import postgres from 'postgres'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type PostgresServer, startPostgres } from './support/postgres.ts'

describe('a Postgres server of a test', () => {
  let server: PostgresServer
  beforeAll(async () => {
    server = await startPostgres()
  })
  afterAll(() => server.stop())

  it('syncs what it commits, and listens on loopback alone', async () => {
    const sql = postgres(server.url, { max: 1 })
    expect(await sql`show fsync`).toEqual([{ fsync: 'on' }])
    expect(await sql`show listen_addresses`).toEqual([{ listen_addresses: '127.0.0.1' }])
    await sql.end()
  })

  it('keeps what was committed through kill -9, in a database of the test alone', async () => {
    const url = await server.createDatabase()
    expect(await server.createDatabase()).not.toBe(url)
    const before = postgres(url, { max: 1, onclose: () => undefined })
    await before`create table kept (n int)`
    await before`insert into kept values (1)`
    const asleep = before`select pg_sleep(60)`.catch((error: Error) => error)
    await server.kill()
    expect(await asleep).toBeInstanceOf(Error)
    await before.end({ timeout: 1 })
    await server.restart()
    const after = postgres(url, { max: 1 })
    expect(await after`select n from kept`).toEqual([{ n: 1 }])
    await after.end()
  })
})
