import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { drain } from '../support/check-receipts.ts'
import { startCollector } from '../support/collector.ts'
import { createFlood } from '../support/flood.ts'
import type { PostgresServer } from '../support/postgres.ts'
import { batchOf, send } from '../support/send.ts'
import { until } from '../support/until.ts'

/** What a collector did with five times what it can take. Rates are batches a second. */
export interface Overload {
  /** What it took at its best, what it was offered then, and what it took of that. */
  peak: number
  offered: number
  accepted: number
  /** Answers under the overload, by status. */
  answers: Record<string, number>
  /** Refusals that did not say when to come back. */
  withoutRetryAfter: number
  mostMemoryMiB: number
  /** From the end of the overload until a batch was answered 202, in milliseconds. */
  recoveredMs: number
  /** Events that were answered 202 and are not in the tables. */
  lost: number
}

const CONFIG = fileURLToPath(new URL('../../fixtures/datasets/product.config.ts', import.meta.url))
const EVENTS = 50
const CONNECTIONS = 64
const PEAK_SECONDS = 4
/** What was accepted past what the fold keeps up with is folded afterwards. */
const DRAIN_MS = 120_000

/** Finds the peak of a collector, then offers it five times as much for so long, whether or not it answers. */
export async function overload(server: PostgresServer, seconds: number): Promise<Overload> {
  const databaseUrl = await server.createDatabase()
  const collector = await startCollector({ configFile: CONFIG, databaseUrl })
  const { key } = await collector.createKey('write')
  const event = { dataset: 'product', parent: 'p', at: new Date().toISOString(), fields: { orders: 1 } }
  const flood = createFlood(collector.port, key, event, EVENTS)
  await flood.fill(CONNECTIONS, 1)
  const warm = flood.answers['202'] ?? 0
  await flood.fill(CONNECTIONS, PEAK_SECONDS)
  const all = flood.answers['202'] ?? 0
  const peak = (all - warm) / PEAK_SECONDS
  flood.forget()

  const memory = watchMemory(collector.pid)
  const offered = await flood.offer(peak * 5, seconds)
  const { answers, withoutRetryAfter } = flood
  const taken = answers['202'] ?? 0
  const ended = performance.now()
  flood.close()
  await until(
    'a batch is accepted again',
    async () => (await send(collector.url, batchOf(key, [event]))).status === 202,
  )
  const recoveredMs = performance.now() - ended
  const { folded } = await drain(collector, seconds * 1000 + DRAIN_MS)
  const mostMemoryMiB = memory()
  await collector.stop()
  return {
    peak,
    offered: offered / seconds,
    accepted: taken / seconds,
    answers,
    withoutRetryAfter,
    mostMemoryMiB,
    recoveredMs,
    lost: Math.max(0, (all + taken) * EVENTS + 1 - folded),
  }
}

/** Looks at the resident memory of a process ten times a second; the function ends that and gives the most, in MiB. */
function watchMemory(pid: number): () => number {
  let most = 0
  const timer = setInterval(() => {
    const kib = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1])
    most = Math.max(most, kib / 1024)
  }, 100)
  return () => {
    clearInterval(timer)
    return most
  }
}
