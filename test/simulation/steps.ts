import type { Device, Tab } from './device.ts'
import type { Scene } from './simulate.ts'
import { HOT } from './truth.ts'

const COUNTRIES = ['DE', 'FR', 'IT', 'ES', '']
const OUTAGE = 90_000
const PAUSE = 20_000

/** One thing that a visitor, an operator or bad luck does. */
export async function takeStep(scene: Scene): Promise<void> {
  const { world, faults, collectors, truth } = scene
  if (world.chance(faults.crash)) {
    const collector = world.pick(collectors)
    await world.as(collector, () => collector.crash())
  }
  if (world.chance(faults.restore)) await restore(scene)
  if (world.chance(0.1)) await backUp(scene)
  if (world.chance(faults.outage)) takeDown(scene, world.between(0, OUTAGE), () => undefined)
  if (world.chance(0.05)) await operate(scene)
  if (world.chance(0.1)) await truth.checkIdentity()
  const device = world.pick(scene.devices)
  await world.as(device, () => {
    const tab = world.chance(0.1) ? device.openTab() : (world.pick(device.tabs) ?? device.openTab())
    useTab(scene, device, tab)
  })
}

function useTab(scene: Scene, device: Device, tab: Tab): void {
  const { world, faults } = scene
  for (let events = world.between(0, 4); events > 0; events--) track(scene, tab)
  if (world.chance(0.1)) void tab.core.tracker.flush()
  if (world.chance(0.1)) tab.core.leave(world.chance(0.5))
  if (world.chance(0.1)) tab.core.resume()
  if (world.chance(faults.tabDies)) {
    world.note(() => `a tab dies, ${device.tabs.length} were there`)
    if (world.chance(0.5)) tab.core.leave(true)
    tab.die()
  }
}

function track({ world, truth }: Scene, { core }: Tab): void {
  const hits = world.between(1, 5)
  const { tracker } = core
  const count = (parent: string) => void truth.tracked.set(parent, (truth.tracked.get(parent) ?? 0) + hits)
  if (world.chance(0.4)) {
    const parent = world.pick(HOT)
    count(parent)
    tracker.increment('view', parent, 'hits', hits)
  } else if (world.chance(0.05)) {
    // Unknown to the collector, which rejects it.
    tracker.record('view', 'rejected', { nothing: hits })
  } else {
    const parent = `e${truth.tracked.size}`
    count(parent)
    tracker.record(
      'view',
      parent,
      { hits, revenue: hits / 4 },
      { dimensions: { country: world.pick(COUNTRIES) } },
    )
  }
}

/** An operator pauses a log for a while, or has what it keeps folded again. */
async function operate({ world, server, collectors }: Scene): Promise<void> {
  const { database } = server
  const { name, disk, kick } = world.pick(collectors)
  const { id } = disk.log
  if (world.chance(0.5)) {
    database.setPaused(id, true)
    world.after(world.between(0, PAUSE), () => {
      database.setPaused(id, false)
      kick()
    })
    return
  }
  const row = await database.readLog(id)
  const positions = [...disk.synced.keys()]
  const folded = positions.slice(0, positions.indexOf(row?.position ?? '') + 1)
  const target = world.pick([null, ...folded])
  const { place } = await disk.log.view(target)
  if (place !== 'kept' && place !== 'start') return
  world.note(() => `${name} folds again from ${target}`)
  database.setOffset(id, row?.position ?? null, target)
  kick()
}

async function backUp({ world, server, collectors, backups }: Scene): Promise<void> {
  const offsets: (string | null)[] = []
  for (const { disk } of collectors) {
    offsets.push((await server.database.readLog(disk.log.id))?.position ?? null)
  }
  backups.push({ restore: server.database.backUp(), offsets })
  world.note(() => 'a backup is taken')
}

/** Restores a backup, as far as the logs still keep what came after it. The server is down for it. */
async function restore(scene: Scene): Promise<void> {
  const { world, collectors, backups } = scene
  const backup = world.pick(backups)
  if (!backup) return
  takeDown(scene, world.between(1000, OUTAGE), async () => {
    const views = await Promise.all(collectors.map(({ disk }, i) => disk.log.view(backup.offsets[i]!)))
    const reach = views.every(
      ({ place, before }) => place === 'kept' || (place === 'start' && !before.batches),
    )
    if (!reach) return
    backup.restore()
    world.note(() => `a backup is restored: ${backup.offsets}`)
  })
}

function takeDown({ world, server, collectors }: Scene, ms: number, then: () => unknown): void {
  if (server.down) return
  server.down = true
  world.note(() => 'the database goes down')
  world.after(ms, async () => {
    await then()
    server.down = false
    for (const collector of collectors) collector.kick()
  })
}
