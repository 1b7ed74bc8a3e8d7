import { setTimeout as sleep } from 'node:timers/promises'
import type { ReceiptCheck } from '../support/check-receipts.ts'
import type { CollectorProcess } from '../support/collector.ts'
import { foldOften } from '../support/control.ts'
import { startCuttingProxy } from '../support/cutting-proxy.ts'
import type { PostgresServer } from '../support/postgres.ts'
import { prepareGround } from './ground.ts'

/** Events a commit: few, so that there are many commits. */
const EVENTS_A_COMMIT = 50
/** Of a batch as the load makes it, on the average. */
const EVENTS_A_BATCH = 10

/** How it went with answers that got lost. */
export interface LostAnswers {
  check: ReceiptCheck
  cuts: number
  lostCommits: number
}

/** Sends so many events while a proxy drops 5 % of what the database answers. @throws Error where the collector dies */
export async function loseAnswers(server: PostgresServer, events: number): Promise<LostAnswers> {
  const databaseUrl = await server.createDatabase()
  const proxy = await startCuttingProxy(databaseUrl, { probability: 0.05 })
  // The key is made on the straight way, the collector knows the other one only.
  const ground = await prepareGround(server, { databaseUrl, collectorsUrl: proxy.url })
  const collector = await ground.start()
  const load = ground.load({ batches: Math.ceil(events / EVENTS_A_BATCH) })
  const stop = foldOften(collector.controlDir, EVENTS_A_COMMIT)
  await surviving(collector, load.done)
  const check = await surviving(collector, ground.check(collector))
  await stop()
  await collector.kill9()
  await proxy.close()
  return { check, cuts: proxy.cuts(), lostCommits: proxy.lostCommits() }
}

const CRASH_EVERY_MS = 3000

/** kill -9 of Postgres and all its backends every three seconds while the fold runs. */
export async function crashPostgres(server: PostgresServer, crashes: number): Promise<ReceiptCheck> {
  const ground = await prepareGround(server)
  const collector = await ground.start()
  const load = ground.load()
  const stop = foldOften(collector.controlDir, EVENTS_A_COMMIT)
  for (let crash = 0; crash < crashes; crash++) {
    await surviving(collector, sleep(CRASH_EVERY_MS))
    await server.kill()
    await server.restart()
  }
  await load.stop()
  await stop()
  const check = await surviving(collector, ground.check(collector))
  await collector.kill9()
  return check
}

/** What comes of a promise. @throws Error with its output where the collector ends before */
export function surviving<T>(collector: CollectorProcess, promise: Promise<T>): Promise<T> {
  const death = collector.ended.then(({ signal, code }) => {
    throw new Error(`the collector died (${signal ?? code}): ${collector.output()}`)
  })
  return Promise.race([promise, death])
}
