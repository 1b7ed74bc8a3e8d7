import { setTimeout as sleep } from 'node:timers/promises'
import type { ReceiptCheck } from '../support/check-receipts.ts'
import type { CollectorProcess } from '../support/collector.ts'
import type { PostgresServer } from '../support/postgres.ts'
import { seededRandom } from '../support/random.ts'
import { prepareGround } from './ground.ts'

/** A place where the collector is killed, and what it takes to get there. */
export interface KillPoint {
  name: string
  /** `half`: it does half of what it was about to do, then dies. */
  action: 'kill' | 'half'
  /** It dies at one of its first so many hits. */
  hits: number
  /** Lives of the log before, each with a segment of its own, that a start recovers and a fold trims. */
  lives?: number
  /** Ended by SIGTERM, it dies on the way. */
  ending?: boolean
}

/** Every failpoint of the collector. */
export const KILL_POINTS: readonly KillPoint[] = [
  { name: 'body-read', action: 'kill', hits: 50 },
  { name: 'validated', action: 'kill', hits: 50 },
  { name: 'append-queued', action: 'kill', hits: 50 },
  { name: 'append-queued', action: 'half', hits: 50 },
  { name: 'append-durable', action: 'kill', hits: 50 },
  { name: 'reply-half', action: 'kill', hits: 50 },
  { name: 'reply-half', action: 'half', hits: 50 },
  { name: 'fold-read', action: 'kill', hits: 2 },
  { name: 'fold-grouped', action: 'kill', hits: 2 },
  { name: 'commit-sent', action: 'kill', hits: 2 },
  { name: 'commit-answered', action: 'kill', hits: 2 },
  { name: 'trim-begun', action: 'kill', hits: 1, lives: 2 },
  { name: 'trim-half', action: 'kill', hits: 1, lives: 2 },
  { name: 'recover-half', action: 'kill', hits: 1, lives: 1 },
  { name: 'recover-half', action: 'half', hits: 1, lives: 1 },
  { name: 'drain-half', action: 'kill', hits: 1, ending: true },
]

/** How a death ended. */
export interface Death {
  check: ReceiptCheck
  /** What ended the process. */
  signal: NodeJS.Signals | null
  /** From the next start until it could accept, in milliseconds. */
  readyMs: number
}

const DEATH_MS = 30_000
const LIFE_MS = 400

/** Kills a collector at a point under load, starts it again, drains and checks. @param seed decides at which hit */
export async function dieAt(point: KillPoint, server: PostgresServer, seed: number): Promise<Death> {
  const ground = await prepareGround(server, { env: { LOG_KEEP: '1s' } })
  const load = ground.load({ seed })
  for (let life = point.lives ?? 0; life > 0; life--) {
    const collector = await ground.start()
    await sleep(LIFE_MS)
    await collector.kill9()
  }
  const hit = 1 + Math.floor(seededRandom(seed)() * point.hits)
  const dying = await ground.launch(`${point.name}:${point.action}:${hit}`)
  if (point.ending) {
    await dying.ready()
    await sleep(LIFE_MS)
    process.kill(dying.pid, 'SIGTERM')
  }
  const { signal } = await deathOf(dying, point)

  const next = await ground.launch()
  const readyMs = await next.ready()
  await sleep(LIFE_MS)
  await load.stop()
  const check = await ground.check(next)
  await next.kill9()
  return { check, signal, readyMs }
}

async function deathOf(collector: CollectorProcess, { name, action }: KillPoint) {
  const late = sleep(DEATH_MS, undefined, { ref: false })
  const result = await Promise.race([collector.ended, late])
  if (result) return result
  await collector.kill9()
  throw new Error(`the collector did not die at ${name}:${action} within ${DEATH_MS} ms`)
}
