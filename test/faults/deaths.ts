import { setTimeout as sleep } from 'node:timers/promises'
import type { ReceiptCheck } from '../support/check-receipts.ts'
import type { PostgresServer } from '../support/postgres.ts'
import { seededRandom } from '../support/random.ts'
import { prepareGround } from './ground.ts'

/** How a row of deaths ended. */
export interface Deaths {
  check: ReceiptCheck
  /** The longest that a start took until it could accept, in milliseconds. */
  longestReadyMs: number
}

const SHORTEST_LIFE_MS = 200

/** kill -9 at random moments under load, each batch sent up to `repeats` times. */
export async function killAtRandom(
  server: PostgresServer,
  kills: number,
  longestLifeMs: number,
  repeats = 1,
): Promise<Deaths> {
  const random = seededRandom(kills)
  const ground = await prepareGround(server)
  const load = ground.load({ repeats })
  let longestReadyMs = 0
  const start = async () => {
    const collector = await ground.launch()
    longestReadyMs = Math.max(longestReadyMs, await collector.ready())
    return collector
  }
  let collector = await start()
  for (let kill = 0; kill < kills; kill++) {
    await sleep(SHORTEST_LIFE_MS + random() * (longestLifeMs - SHORTEST_LIFE_MS))
    await collector.kill9()
    collector = await start()
  }
  await load.stop()
  const check = await ground.check(collector)
  await collector.kill9()
  return { check, longestReadyMs }
}

/** How a row of orderly ends went. */
export interface Terminations {
  check: ReceiptCheck
  /** Exit codes, -1 where a signal ended it. */
  codes: number[]
  /** From SIGTERM to the end of the process, in milliseconds. */
  longestEndMs: number
}

/** SIGTERM under load, and a start after it. */
export async function terminate(server: PostgresServer, times: number): Promise<Terminations> {
  const random = seededRandom(times)
  const ground = await prepareGround(server)
  const load = ground.load({ senders: 8 })
  const codes: number[] = []
  let longestEndMs = 0
  for (let time = 0; time < times; time++) {
    const collector = await ground.start()
    await sleep(SHORTEST_LIFE_MS + random() * 1500)
    const asked = performance.now()
    process.kill(collector.pid, 'SIGTERM')
    codes.push((await collector.ended).code)
    longestEndMs = Math.max(longestEndMs, performance.now() - asked)
  }
  const last = await ground.start()
  await load.stop()
  const check = await ground.check(last)
  await last.kill9()
  return { check, codes, longestEndMs }
}
