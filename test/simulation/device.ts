import { uuidv7 } from '@trackable/protocol'
import { type Core, createCore } from '../../packages/sdk/src/core.ts'
import type { TrackerOptions } from '../../packages/sdk/src/options.ts'
import { createPageOwner } from '../../packages/sdk/src/owner.ts'
import { createMemoryStore } from '../../packages/sdk/src/store/memory.ts'
import { withSpill } from '../../packages/sdk/src/store/spill.ts'
import { createStorage } from '../../packages/sdk/src/store/storage.fixture.ts'
import type { Store, StoredBatch } from '../../packages/sdk/src/store/store.ts'
import type { Transport } from '../../packages/sdk/src/transport/transport.ts'
import type { Actor, World } from './world.ts'

/** A page of a device: it lives, sleeps with its device, and dies. */
export interface Tab {
  core: Core
  alive(): boolean
  /** Its process ends: what it waits for never comes, and what it has not written is lost. */
  die(): void
}

/** A visitor's device: one store for all its tabs. */
export interface Device extends Actor {
  bot: boolean
  tabs: Tab[]
  openTab(): Tab
  /** While it is asleep no timer and no answer reaches a tab. */
  sleep(): void
  wake(): void
  /** What lies in its store. */
  stored(): Promise<StoredBatch[]>
}

/** Calls back after that long, as the tab, where it lives; once its device is awake. */
export type Later = (ms: number, callback: () => void) => () => void

/** Takes a device into use. */
export function createDevice(
  world: World,
  { name, skew, locks }: { name: string; skew: number; locks: boolean },
  transportFor: (device: Device, later: Later) => Transport,
): Device {
  const disk = createMemoryStore()
  const storage = createStorage()
  const held = new Set<string>()
  let asleep = false
  let missed: (() => void)[] = []

  function openTab(): Tab {
    let alive = true
    const mine = new Set<string>()
    const later: Later = (ms, callback) => {
      let cancelled = false
      const due = () => {
        if (!alive || cancelled) return
        if (asleep) missed.push(due)
        else callback()
      }
      world.after(ms, due, device)
      return () => {
        cancelled = true
      }
    }
    const newId = () => uuidv7(Date.now(), world.bytes(10))
    const pageLocks = locks ? createLocks(held, mine, () => alive) : undefined
    const host = {
      store: withSpill(
        createSlowStore(world, disk, device, later, () => alive),
        storage,
        'spilled:',
      ),
      transport: transportFor(device, later),
      owner: createPageOwner(pageLocks, newId),
      newId,
      later,
      log() {},
    }
    const options: TrackerOptions = {
      endpoint: '',
      key: 'pk_1',
      batchEvents: world.pick([2, 5, 200]),
      onError: (error) => world.note(() => `onError: ${error.message}`),
    }
    const tab: Tab = {
      core: createCore(options, host, () => {}),
      alive: () => alive,
      die() {
        alive = false
        for (const lock of mine) held.delete(lock)
        device.tabs = device.tabs.filter((other) => other !== tab)
      },
    }
    device.tabs.push(tab)
    return tab
  }

  const device: Device = {
    name,
    skew,
    bot: world.chance(0.1),
    tabs: [],
    openTab,
    sleep() {
      asleep = true
    },
    wake() {
      asleep = false
      const due = missed
      missed = []
      for (const callback of due) world.after(0, callback, device)
    },
    stored: () => withSpill(disk, storage, 'spilled:').list(),
  }
  return device
}

/**
 * A store as a page has it: one thing after the other, each after a while. Of what a page that died had begun, the first
 * things may still be done, and all after them are lost.
 */
function createSlowStore(
  world: World,
  disk: Store,
  device: Actor,
  later: Later,
  alive: () => boolean,
): Store {
  let last: Promise<unknown> = Promise.resolve()
  let lost = false
  function queue<T>(work: () => Promise<T>): Promise<T> {
    const done = last.then(async () => {
      await new Promise<void>((settle) => world.after(world.between(0, 4), settle, device))
      lost ||= !alive() && world.chance(0.5)
      return lost ? undefined : work()
    })
    last = done
    // Nobody is there to hear of what was lost.
    return new Promise((settle) => void done.then((result) => later(0, () => settle(result as T))))
  }
  return {
    put: (batch) => queue(() => disk.put(batch)),
    list: () => queue(() => disk.list()),
    delete: (id) => queue(() => disk.delete(id)),
  }
}

function createLocks(held: Set<string>, mine: Set<string>, alive: () => boolean): LockManager {
  return {
    async request(name: string, callback: () => Promise<void>) {
      if (!alive()) return
      held.add(name)
      mine.add(name)
      await callback()
      held.delete(name)
      mine.delete(name)
    },
    query: async () => ({ held: [...held].map((name) => ({ name })), pending: [] }),
  } as unknown as LockManager
}
