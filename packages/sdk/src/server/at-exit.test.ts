import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { WireBatch } from '@trackable/protocol'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

let server: Server
let endpoint: string
let up: boolean
/** The parents of each batch that was taken, by its id. */
let taken: Map<string, (string | number)[]>
let folder: string

beforeEach(async () => {
  up = true
  taken = new Map()
  folder = mkdtempSync(join(tmpdir(), 'exit-'))
  server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    if (!up) return response.writeHead(500).end()
    const { id, events } = JSON.parse(body) as WireBatch
    taken.set(
      id,
      events.map(({ parent }) => parent),
    )
    response.end(JSON.stringify({ id, accepted: events.length, dropped: [], rejected: [] }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterEach(async () => {
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
  rmSync(folder, { recursive: true, force: true })
})

/** Runs a process that has a tracker, and gives how it ended. Each line on its output gets it the next signal. */
function run(code: string, { files = false, signals = ['SIGTERM'] as NodeJS.Signals[] } = {}) {
  const preset = new URL('../node.ts', import.meta.url)
  const store = files ? `store: fileStore('${folder}'),` : ''
  const script = `
    import { createTracker, fileStore } from '${preset}'
    const tracker = createTracker({ endpoint: '${endpoint}', key: 'sk_1', ${store} flushEvery: 60_000 })
    const increment = (parent) => tracker.increment('article', parent, 'views')
    const ready = () => console.log('ready')
    ${code}`
  const args = ['--conditions=@trackable/source', '--import=tsx', '--input-type=module', '--eval', script]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const left = signals.values()
  child.stdout.on('data', () => child.kill(left.next().value))
  return new Promise<{ code: number | null; signal: string | null }>((resolve) =>
    child.once('exit', (code, signal) => resolve({ code, signal })),
  )
}

const counted = () => [...taken.values()].flat()

describe('a process that ends', () => {
  test('by itself sends what waits', async () => {
    const ended = await run(`
      // The tracker's own timer would keep the process for a minute.
      const { setTimeout } = globalThis
      globalThis.setTimeout = (...timer) => setTimeout(...timer).unref()
      increment('a')`)
    expect(ended).toEqual({ code: 0, signal: null })
    expect(counted()).toEqual(['a'])
  })

  test.each(['SIGTERM', 'SIGINT'] as const)('by %s sends what waits, and ends by it', async (signal) => {
    const ended = await run(`increment('a'); ready(); setInterval(() => {}, 1000)`, { signals: [signal] })
    expect(ended).toEqual({ code: null, signal })
    expect(counted()).toEqual(['a'])
  })

  test('by a signal after one that it handled itself sends what waits, and ends by it', async () => {
    const reload = `process.on('SIGHUP', async () => { await tracker.flush(); increment('b'); ready() })`
    const signals: NodeJS.Signals[] = ['SIGHUP', 'SIGTERM']
    const ended = await run(`${reload}; increment('a'); ready(); setInterval(() => {}, 1000)`, { signals })
    expect(ended).toEqual({ code: null, signal: 'SIGTERM' })
    expect(counted()).toEqual(['a', 'b'])
  })

  test('by its own listener is left to end in its own time', async () => {
    const ended = await run(`
      process.on('SIGTERM', () => setTimeout(() => process.exit(7), 500))
      increment('a'); ready(); setInterval(() => {}, 1000)`)
    expect(ended).toEqual({ code: 7, signal: null })
    expect(counted()).toEqual(['a'])
  })
})

describe('what a process has put into files', () => {
  const next = () => run(`increment('next'); await tracker.close()`, { files: true })

  test('is sent by the next one where it left by process.exit in the task that tracked', async () => {
    await run(`increment('a'); process.exit()`, { files: true })
    expect(counted()).toEqual([])
    await next()
    expect(counted().sort()).toEqual(['a', 'next'])
  })

  test('is sent by the next one where it was killed, or the collector was down as it ended', async () => {
    up = false
    const kill = `increment('killed'); setTimeout(ready, 500); setInterval(() => {}, 1000)`
    expect(await run(kill, { files: true, signals: ['SIGKILL'] })).toEqual({ code: null, signal: 'SIGKILL' })
    await run(`increment('down'); ready(); setInterval(() => {}, 1000)`, { files: true })
    up = true
    await next()
    expect(counted().sort()).toEqual(['down', 'killed', 'next'])
  })
})
