import type { Dataset } from '@trackable/dataset'
import type { BatchAnswer } from '@trackable/protocol'
import type { Reply } from '../../apps/collector/src/answer.ts'
import { createFold, type Fold } from '../../apps/collector/src/fold/fold.ts'
import { createHousekeeping } from '../../apps/collector/src/fold/housekeeping.ts'
import { createDoor } from '../../apps/collector/src/ingest/door.ts'
import { createIngest, type Ingest } from '../../apps/collector/src/ingest/ingest.ts'
import type { KeyRing } from '../../apps/collector/src/keys.ts'
import type { EventLog } from '../../apps/collector/src/log/event-log.ts'
import { createSecret } from '../../apps/collector/src/secret.ts'
import { createDisk, type Disk, type Life, never, openLog } from './crashing-log.ts'
import type { Faults } from './faults.ts'
import { connectTo, type Server } from './faulty-database.ts'
import { type Planted, withPlanted } from './planted.ts'
import type { Actor, World } from './world.ts'

export const DEDUP_WINDOW = 2 * 86_400_000
export const LOG_KEEP = 86_400_000

/** A collector over all its lives: one disk, and a process that dies and is started again. */
export interface SimulatedCollector extends Actor {
  disk: Disk
  /** Whether a process runs that takes requests. */
  up(): boolean
  /** Takes a request. Never resolves where the process dies over it. */
  receive(body: string, userAgent: string): Promise<Reply>
  crash(): void
  /** Asks the fold to run soon, as its period does. */
  kick(): void
  keepHouse(): Promise<void>
}

/** What every collector shares. */
export interface Surroundings {
  world: World
  server: Server
  datasets: readonly Dataset[]
  faults: Faults
  planted: Planted | undefined
  /** Told of each batch that was answered 202. */
  onAccepted(id: string): void
}

interface Running extends Life {
  log: ReturnType<typeof openLog>
  fold: Fold
  keepHouse: ReturnType<typeof createHousekeeping>
  folding: boolean
  again: boolean
  failures: number
}

const SECRET = createSecret()
const KEYS: KeyRing = {
  find: () => ({ id: 'key', kind: 'write', hash: '', signing: '', origins: [], datasets: [] }),
  byId: () => undefined,
  replace() {},
}

/** Starts a collector on an empty disk. */
export function createCollector(name: string, given: Surroundings): SimulatedCollector {
  const { world, datasets } = given
  const skew = world.between(-5000, 5000)
  const collectorNow = () => world.now() + skew
  const disk = createDisk(JSON.parse(JSON.stringify(datasets)))
  let running: Running | undefined
  const ingest = createEntrance(
    given,
    collectorNow,
    (batch) => running!.log.append(batch),
    () => crash(),
  )
  const collector: SimulatedCollector = {
    name,
    skew,
    disk,
    up: () => running !== undefined,
    receive,
    crash,
    kick,
    keepHouse,
  }

  function start(): void {
    running = createProcess(collector, given)
    world.note(() => 'started')
    void keepHouse()
    kick()
  }
  function crash(): void {
    if (!running) return
    world.note(() => 'crashed')
    running.alive = false
    running.log.crash()
    running = undefined
    world.after(world.between(100, 5000), start, collector)
  }
  async function receive(body: string, userAgent: string): Promise<Reply> {
    const process = running
    if (!process) throw new Error('connection refused')
    const headers: Record<string, string> = { 'content-type': 'text/plain', 'user-agent': userAgent }
    const reply = await ingest({
      header: (header) => headers[header],
      peer: undefined,
      dry: false,
      body: async () => Buffer.from(body),
    })
    if (!process.alive) return never()
    if (reply.status === 202) given.onAccepted((JSON.parse(reply.text) as BatchAnswer).id)
    kick()
    return reply
  }
  function kick(): void {
    const process = running
    if (!process) return
    process.again = true
    if (process.folding) return
    process.folding = true
    const pause = world.between(20, 1500) * 2 ** Math.min(process.failures, 8)
    world.after(pause, () => void foldFor(process), collector)
  }
  async function foldFor(process: Running): Promise<void> {
    process.again = false
    const maxEvents = world.pick([1, 5, 50, Number.POSITIVE_INFINITY])
    try {
      const events = await process.fold.run({ maxEvents })
      world.note(() => `folded ${events} events`)
      process.again ||= events >= maxEvents
      process.failures = 0
    } catch (error) {
      world.note(() => `fold failed: ${error}`)
      process.again = true
      process.failures++
    }
    process.folding = false
    if (process.again && process.alive) kick()
  }
  async function keepHouse(): Promise<void> {
    try {
      const rows = await running?.keepHouse()
      if (rows) world.note(() => `pruned ${rows} rows`)
    } catch (error) {
      world.note(() => `housekeeping failed: ${error}`)
    }
  }

  start()
  return collector
}

/**
 * What takes requests, for all lives of a collector: it remembers nothing but which ids to call duplicates, and making
 * room for those was measured at two thirds of a whole seed.
 */
function createEntrance(
  { datasets }: Surroundings,
  now: () => number,
  append: EventLog['append'],
  onFatal: () => void,
): Ingest {
  const door = createDoor({
    log: { append } as EventLog,
    keys: KEYS,
    datasets,
    judge: ({ userAgent }) => ({ bot: userAgent === 'bot', rule: 'none' }),
    secret: SECRET,
    visitors: { elementOf: () => undefined, stop: () => undefined },
    dedupWindowMs: DEDUP_WINDOW,
    now,
    onFatal,
  })
  return createIngest(door, 1000)
}

function createProcess(
  { disk, skew }: SimulatedCollector,
  { world, server, datasets, faults, planted }: Surroundings,
): Running {
  const life: Life = { alive: true }
  const now = () => world.now() + skew
  const log = openLog(world, disk, life, faults, planted === 'answer before the sync')
  const database = withPlanted(server.database, planted)
  const link = connectTo(world, { server, database, life, faults })
  const id = log.id
  const fold = createFold({ log, database: link, datasets, deadLetters: 'keep', logKeepMs: LOG_KEEP, now })
  const keepHouse = createHousekeeping({
    log,
    reportOldest: (oldest) => link.ask('reportOldest', () => server.database.reportOldest(id, oldest)),
    pruneBuckets: async () => 0,
    pruneLedger: (limit) => link.ask('prune', () => server.database.pruneLedger(DEDUP_WINDOW, limit)),
    now,
    elapsed: world.now,
  })
  return Object.assign(life, { log, fold, keepHouse, folding: false, again: false, failures: 0 })
}
