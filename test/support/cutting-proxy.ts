import { createServer, connect as dial, type Server, type Socket } from 'node:net'
import { seededRandom } from './random.ts'

/** A proxy before a Postgres server that loses answers: the server did the work, and nobody learns of it. */
export interface CuttingProxy {
  /** The URL of the same database, through the proxy. */
  url: string
  /** How many answers were dropped, their connection with them. */
  cuts(): number
  /** How many of those said that a fold was committed. */
  lostCommits(): number
  /** Cuts every connection that there is. */
  cutAll(): void
  /** Cuts every connection and refuses new ones, as a server that is away does. */
  pause(): Promise<void>
  resume(): Promise<void>
  close(): Promise<void>
}

/** What is cut. */
export interface Cutting {
  /** The share of the server's answers that are dropped. Default 0. */
  probability?: number
  seed?: number
}

/** The server's message that an answer is whole and no transaction is open: what came before is done. */
const READY_FOR_QUERY = Buffer.from('5a0000000549', 'hex')
const COMMIT_STATEMENT = '_fold_begin'
const COMMITTED = 'committed'

/** Starts the proxy on 127.0.0.1, before the server of a URL. */
export async function startCuttingProxy(databaseUrl: string, cutting: Cutting = {}): Promise<CuttingProxy> {
  const target = new URL(databaseUrl)
  const random = seededRandom(cutting.seed ?? 1)
  const sockets = new Set<Socket>()
  const lost = { answers: 0, commits: 0 }
  const cutNow = () => random() < (cutting.probability ?? 0)
  const server = createServer((client) => relay(client, Number(target.port), sockets, cutNow, lost))
  await listen(server, 0)
  const { port } = server.address() as { port: number }
  const url = new URL(databaseUrl)
  url.port = String(port)
  const cutAll = () => {
    for (const socket of sockets) socket.destroy()
  }
  const end = async () => {
    const closed = new Promise((settle) => server.close(settle))
    cutAll()
    await closed
  }
  return {
    url: url.href,
    cuts: () => lost.answers,
    lostCommits: () => lost.commits,
    cutAll,
    pause: end,
    resume: () => listen(server, port),
    close: end,
  }
}

function relay(
  client: Socket,
  port: number,
  sockets: Set<Socket>,
  cutNow: () => boolean,
  lost: { answers: number; commits: number },
): void {
  const server = dial(port, '127.0.0.1')
  for (const [socket, other] of [
    [client, server],
    [server, client],
  ] as const) {
    sockets.add(socket)
    socket.setNoDelay(true)
    socket.on('error', () => undefined)
    socket.once('close', () => {
      sockets.delete(socket)
      other.destroy()
    })
  }
  let committing = false
  client.on('data', (chunk) => {
    committing ||= chunk.includes(COMMIT_STATEMENT)
    server.write(chunk)
  })
  server.on('data', (chunk) => {
    // Only a whole answer is dropped: before its end the server may not have done the work.
    const whole = chunk.subarray(-READY_FOR_QUERY.length).equals(READY_FOR_QUERY)
    if (whole && cutNow()) {
      lost.answers++
      if (committing && chunk.includes(COMMITTED)) lost.commits++
      client.destroy()
      return
    }
    if (whole) committing = false
    client.write(chunk)
  })
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((settle, fail) => {
    server.once('error', fail)
    server.listen(port, '127.0.0.1', settle)
  })
}
