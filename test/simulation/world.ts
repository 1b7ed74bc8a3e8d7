import { setImmediate as nextTurn } from 'node:timers/promises'
import { type Random, seededRandom } from '../support/random.ts'

/** Whose code runs, and how far its clock is off, in milliseconds. */
export interface Actor {
  name: string
  skew: number
}

/** Time, chance and order of everything that happens: a seed repeats all of it. */
export interface World {
  /** True time, in milliseconds since 1970. */
  now(): number
  /** Calls back after that long, as that actor; as the present one where none is named. */
  after(ms: number, callback: () => void, actor?: Actor): void
  sleep(ms: number): Promise<void>
  /** Lets everything happen that is due in so many milliseconds. */
  run(ms: number): Promise<void>
  /** Does something at once, as that actor. */
  as(actor: Actor, what: () => void): Promise<void>
  chance(probability: number): boolean
  /** A whole number from `least` to `most`. */
  between(least: number, most: number): number
  pick<T>(list: readonly T[]): T
  bytes(count: number): Uint8Array
  /** Says what happened, where somebody wants to know. */
  note(what: () => string): void
}

interface Due {
  at: number
  order: number
  actor: Actor
  callback(): void
}

const START = Date.UTC(2026, 2, 27)
const NOBODY: Actor = { name: 'world', skew: 0 }
const real = { Date, setTimeout, setImmediate, random: Math.random, elapsed: performance.now }

/** Runs something in a world of that seed, in which clocks, timers and `Math.random` are the world's. */
export async function inWorld<T>(
  seed: number,
  trace: ((line: string) => void) | undefined,
  live: (world: World) => Promise<T>,
): Promise<T> {
  const random = seededRandom(seed)
  const { world, clock } = createWorld(random, trace)
  globalThis.Date = class extends real.Date {
    constructor(...given: unknown[]) {
      // @ts-expect-error: whatever was given goes on as it is
      super(...(given.length === 0 ? [clock()] : given))
    }
    static override now(): number {
      return clock()
    }
  } as DateConstructor
  globalThis.setTimeout = ((callback: () => void, ms = 0) => world.after(ms, callback)) as never
  globalThis.setImmediate = ((callback: () => void) => world.after(0, callback)) as never
  performance.now = () => world.now() - START
  Math.random = random
  try {
    // Once a world, whoever waits for a real event gets a turn.
    await nextTurn()
    return await live(world)
  } finally {
    globalThis.Date = real.Date
    globalThis.setTimeout = real.setTimeout
    globalThis.setImmediate = real.setImmediate
    performance.now = real.elapsed
    Math.random = real.random
  }
}

function createWorld(random: Random, trace: ((line: string) => void) | undefined) {
  const queue: Due[] = []
  let now = START
  let order = 0
  let present = NOBODY

  const world: World = {
    now: () => now,
    after(ms, callback, actor = present) {
      insert(queue, { at: now + Math.max(0, Math.round(ms)), order: order++, actor, callback })
    },
    sleep: (ms) => new Promise((settle) => world.after(ms, settle)),
    async run(ms) {
      const until = now + ms
      for (let next = queue.at(-1); next && next.at <= until; next = queue.at(-1)) {
        queue.pop()
        now = next.at
        await world.as(next.actor, next.callback)
      }
      now = until
    },
    async as(actor, what) {
      present = actor
      what()
      await settled()
      present = NOBODY
    },
    chance: (probability) => random() < probability,
    between: (least, most) => least + Math.floor(random() * (most - least + 1)),
    pick: (list) => list[Math.floor(random() * list.length)]!,
    bytes: (count) => Uint8Array.from({ length: count }, () => Math.floor(random() * 256)),
    note(what) {
      trace?.(`${new real.Date(now).toISOString()} ${present.name}: ${what()}`)
    },
  }
  return { world, clock: () => now + present.skew }
}

/** Resolves when what was set going has run to its end, or to where it waits for the world: Node's ticks come after promises. */
function settled(): Promise<void> {
  return new Promise((settle) => process.nextTick(settle))
}

/** Keeps the queue in order, the next one last. */
function insert(queue: Due[], due: Due): void {
  let [low, high] = [0, queue.length]
  while (low < high) {
    const middle = (low + high) >> 1
    const other = queue[middle]!
    if (other.at > due.at || (other.at === due.at && other.order > due.order)) low = middle + 1
    else high = middle
  }
  queue.splice(low, 0, due)
}
