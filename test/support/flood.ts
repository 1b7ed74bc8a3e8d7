import { randomBytes } from 'node:crypto'
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { uuidv7 } from '@trackable/protocol'
import { PERSON } from './send.ts'

/** Batches that are sent to a collector whether or not it keeps up. */
export interface Flood {
  /** Answers by status; `cut` for connections that ended without one. */
  answers: Record<string, number>
  /** Refusals that did not say when to come back. */
  withoutRetryAfter: number
  /** Sends on so many connections, one batch after another, as a crowd that waits for its answers. */
  fill(connections: number, seconds: number): Promise<void>
  /** Sends so many batches a second, on new connections where the others still wait. Gives how many it could send. */
  offer(perSecond: number, seconds: number): Promise<number>
  /** Forgets the answers so far. */
  forget(): void
  close(): void
}

const ID = '00000000-0000-7000-8000-000000000000'
const MOST_CONNECTIONS = 1500
const TICK_MS = 5

interface Line {
  socket: Socket
  busy: boolean
}

/** A flood of batches of one size: prepared bytes over plain sockets, so that sending costs little. */
export function createFlood(port: number, key: string, event: object, eventsPerBatch: number): Flood {
  const request = requestOf(key, event, eventsPerBatch)
  const idAt = request.indexOf(ID)
  const lines: Line[] = []
  const flood = { answers: {} as Record<string, number>, withoutRetryAfter: 0 }
  let onFree: ((line: Line) => void) | undefined
  const count = (answer: string) => {
    flood.answers[answer] = (flood.answers[answer] ?? 0) + 1
  }

  function open(): Line {
    const line: Line = { socket: connect({ port, host: '127.0.0.1', noDelay: true }), busy: false }
    let text = ''
    line.socket.setEncoding('latin1').on('data', (chunk: string) => {
      text += chunk
      const head = text.indexOf('\r\n\r\n')
      const length = Number(/content-length: (\d+)/i.exec(text)?.[1] ?? 0)
      if (head === -1 || text.length < head + 4 + length) return
      const status = text.slice(9, 12)
      count(status)
      if ((status === '503' || status === '429') && !/\nretry-after: \d+/i.test(text))
        flood.withoutRetryAfter++
      text = ''
      line.busy = false
      onFree?.(line)
    })
    line.socket.on('error', () => undefined)
    line.socket.once('close', () => {
      if (line.busy) count('cut')
      lines.splice(lines.indexOf(line), 1)
    })
    lines.push(line)
    return line
  }

  function send(line: Line): void {
    line.busy = true
    const id = uuidv7(Date.now(), randomBytes(10))
    const bytes = Buffer.from(request)
    bytes.write(id, idAt, 'latin1')
    line.socket.write(bytes)
  }

  return Object.assign(flood, {
    async fill(connections: number, seconds: number) {
      onFree = send
      while (lines.length < connections) open()
      for (const line of lines) if (!line.busy) send(line)
      await sleep(seconds * 1000)
      onFree = undefined
      while (lines.some(({ busy }) => busy)) await sleep(TICK_MS)
    },
    async offer(perSecond: number, seconds: number) {
      const began = performance.now()
      let sent = 0
      for (;;) {
        const elapsed = performance.now() - began
        if (elapsed > seconds * 1000) return sent
        const free = lines.filter(({ busy, socket }) => !busy && socket.writable)
        for (let due = (perSecond * elapsed) / 1000 - sent; due >= 1; due--) {
          const line = free.pop() ?? (lines.length < MOST_CONNECTIONS ? open() : undefined)
          if (!line) break
          send(line)
          sent++
        }
        await sleep(TICK_MS)
      }
    },
    forget() {
      flood.answers = {}
      flood.withoutRetryAfter = 0
    },
    close() {
      for (const { socket } of [...lines]) socket.destroy()
    },
  })
}

function requestOf(key: string, event: object, events: number): Buffer {
  const body = JSON.stringify({
    v: 1,
    id: ID,
    key,
    sentAt: new Date().toISOString(),
    events: Array.from({ length: events }, () => event),
  })
  const head = `POST /v1/batches HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: text/plain\r\nUser-Agent: ${PERSON}`
  return Buffer.from(`${head}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`)
}
