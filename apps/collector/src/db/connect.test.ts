import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'drizzle-orm'
import { afterEach, expect, test } from 'vitest'
import { type Connection, connect } from './connect.ts'

let server: Server
let connection: Connection
afterEach(async () => {
  await connection.close()
  server.close()
})

/** A message of Postgres' wire protocol. */
function message(type: string, body: Buffer): Buffer {
  const head = Buffer.alloc(5)
  head.write(type)
  head.writeInt32BE(body.length + 4, 1)
  return Buffer.concat([head, body])
}

const WELCOME = Buffer.concat([
  message('R', Buffer.alloc(4)),
  message('K', Buffer.alloc(8)),
  message('Z', Buffer.from('I')),
])

/** Welcomes a client, and dies when that says anything; whoever comes then is refused. */
async function startDyingServer(): Promise<string> {
  server = createServer((socket: Socket) => {
    socket.on('error', () => undefined)
    socket.once('data', () => {
      socket.write(WELCOME)
      socket.once('data', () => {
        server.close()
        socket.destroy()
      })
    })
  })
  await new Promise<void>((settle) => server.listen(0, '127.0.0.1', settle))
  return `postgres://nobody@127.0.0.1:${(server.address() as AddressInfo).port}/none`
}

// A rejection that nobody catches fails the run, as it ends a collector's process: so it was with `fetch_types`, and
// with `target_session_attrs`.
test('a server that dies right after its welcome fails the statement, and nothing else', async () => {
  connection = await connect(await startDyingServer())
  for (let i = 0; i < 3; i++) {
    await expect(connection.db.execute(sql`select 1`)).rejects.toThrow()
    await sleep(50)
  }
})
