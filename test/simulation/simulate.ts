import { counter, defineDataset, sum } from '@trackable/dataset'
import { createMemoryFoldDatabase } from '../../apps/collector/src/db/memory.ts'
import { createCollector, type SimulatedCollector } from './collector.ts'
import { createDevice, type Device } from './device.ts'
import { drawFaults, type Faults, NO_FAULTS } from './faults.ts'
import type { Server } from './faulty-database.ts'
import { createNetwork } from './network.ts'
import type { Planted } from './planted.ts'
import { takeStep } from './steps.ts'
import { createTruth, type Truth } from './truth.ts'
import { inWorld, type World } from './world.ts'

/** Everything in a simulation. */
export interface Scene {
  world: World
  faults: Faults
  server: Server
  collectors: SimulatedCollector[]
  devices: Device[]
  truth: Truth
  backups: Backup[]
}

/** A backup of the database, and the offsets of the logs in it. */
export interface Backup {
  restore(): void
  offsets: (string | null)[]
}

const view = defineDataset('view', {
  fields: { hits: counter(), revenue: sum({ scale: 2 }) },
  // More values are sent than fit, so that collectors contend for the last.
  dimensions: { country: { maxLength: 9, maxValues: 3 } },
  series: { grains: ['day'], zone: 'Europe/Berlin' },
  public: { write: ['hits', 'revenue'] },
})

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const SKEWS = [0, 0, 0, 1500, -40 * SECOND, 3 * HOUR, -5 * DAY, 400 * DAY]
const DRAIN_ROUNDS = 20

/**
 * Simulates devices, network, two collectors and their database: first with faults, then without until everything has
 * drained. Gives what was wrong, one sentence each; the same seed gives the same.
 */
export function simulate(
  seed: number,
  { planted, trace }: { planted?: Planted | undefined; trace?: ((line: string) => void) | undefined } = {},
): Promise<string[]> {
  return inWorld(seed, trace, async (world) => {
    const scene = createScene(world, planted)
    await faultyPhase(scene)
    await drainingPhase(scene)
    await scene.truth.checkIdentity()
    scene.truth.checkTables()
    return scene.truth.violations
  })
}

function createScene(world: World, planted: Planted | undefined): Scene {
  const faults = drawFaults(world)
  const server: Server = { database: createMemoryFoldDatabase(), down: false }
  const collectors: SimulatedCollector[] = []
  const truth = createTruth(collectors, server, world.now)
  const onAccepted = (id: string) => void truth.acknowledged.add(id)
  for (const name of ['collector A', 'collector B']) {
    collectors.push(createCollector(name, { world, server, datasets: [view], faults, planted, onAccepted }))
  }
  const transportFor = createNetwork(world, collectors, faults, truth.onSent)
  const devices = Array.from({ length: world.between(1, 3) }, (_, i) => {
    const own = { name: `device ${i}`, skew: world.pick(SKEWS), locks: world.chance(0.7) }
    return createDevice(world, own, transportFor)
  })
  return { world, faults, server, collectors, devices, truth, backups: [] }
}

async function faultyPhase(scene: Scene): Promise<void> {
  const { world } = scene
  for (let session = world.between(1, 3); session > 0; session--) {
    for (let steps = world.between(10, 30); steps > 0; steps--) {
      await world.run(world.between(0, world.pick([50, 1000, 4000])))
      await takeStep(scene)
    }
    await pass(scene, world.pick([0, 10 * SECOND, 3 * HOUR, DAY, 4 * DAY]))
  }
}

/** Lets a long time go by, for which the devices are closed. */
async function pass({ world, devices, collectors, truth }: Scene, ms: number): Promise<void> {
  for (const device of devices) {
    await world.as(device, () => {
      for (const tab of device.tabs) {
        if (world.chance(0.5)) tab.core.leave(true)
        if (world.chance(0.3)) tab.die()
      }
      device.sleep()
    })
  }
  for (let part = 0; part < 4; part++) {
    await world.run(ms / 4)
    for (const collector of collectors) {
      await world.as(collector, () => void collector.keepHouse())
    }
    await truth.checkIdentity()
  }
  for (const device of devices) {
    device.wake()
    await world.as(device, () => {
      for (const tab of device.tabs) tab.core.resume()
    })
  }
}

async function drainingPhase(scene: Scene): Promise<void> {
  const { world, faults, server, devices, collectors, truth } = scene
  Object.assign(faults, NO_FAULTS)
  server.down = false
  world.note(() => 'from here on everything works')
  // What is under way arrives.
  await pass(scene, 6 * HOUR)
  for (const { disk } of collectors) server.database.setPaused(disk.log.id, false)
  for (const device of devices) await drainDevice(scene, device)
  for (const collector of collectors) await drainLog(scene, collector)
  for (const device of devices) {
    const left = (await device.stored()).length
    if (left > 0) truth.violations.push(`${device.name} still holds ${left} batches`)
  }
}

async function drainDevice({ world }: Scene, device: Device): Promise<void> {
  if (device.tabs.length === 0) await world.as(device, () => void device.openTab())
  for (let round = 0; round < DRAIN_ROUNDS; round++) {
    let pending = 0
    await world.as(device, () => {
      for (const { core } of device.tabs) {
        void core.tracker.flush().then((result) => {
          pending += result.pending
        })
      }
    })
    await world.run(65 * SECOND)
    if (pending === 0 && (await device.stored()).length === 0) return
  }
}

async function drainLog({ world, server, truth }: Scene, collector: SimulatedCollector): Promise<void> {
  const { name, disk } = collector
  for (let round = 0; ; round++) {
    await world.as(collector, () => collector.kick())
    await world.run(20 * SECOND)
    const row = await server.database.readLog(disk.log.id)
    const { waiting } = await disk.log.view(row?.position ?? null)
    if (waiting.batches === 0) return
    if (round < DRAIN_ROUNDS) continue
    truth.violations.push(`${name}: ${waiting.batches} batches still wait`)
    return
  }
}
