import { mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { open, readdir, readFile, rename, stat, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import type { Store, StoredBatch } from '../store/store.ts'
import { holdFolder } from './folder.ts'

// Milliseconds: another process that holds the folder may be on its way out.
const TRY_AGAIN = 1_000

const HALF = '.new'
const HALF_AT_END = '.end'
// Milliseconds: no write of a process that ends takes this long.
const DEAD_AFTER = 60_000

/** A write that waits for its turn, with the batch that was put last. */
interface Write {
  batch: StoredBatch
  ended: Promise<void>
}

const releases = new WeakMap<object, () => Promise<void>>()
const claimed = new WeakSet<object>()

/** What a tracker gets whose store has another one already: its queue goes on in memory and says so. */
export const TAKEN: Store = {
  put: async () => {
    throw new Error('this fileStore is of another tracker; give each tracker one of a folder of its own')
  },
  list: async () => [],
  delete: async () => {},
}

/**
 * A store in a folder, for servers: what waits survives the process and the power, and is sent by the next process
 * that tracks with it. One file a batch, written beside and renamed, so that no half of one is ever read. Only one
 * tracker at a time holds the folder; another one goes on in memory and says so through `onError`.
 * @param path a folder of this tracker alone; made where it is missing
 * @example createTracker({ endpoint, key, store: fileStore('./trackable-queue') })
 */
export function fileStore(path: string): Store {
  const folder = createFolder(path)
  const writes = new Map<string, Write>()
  const chains = new Map<string, Promise<unknown>>()
  const fileOf = (id: string) => join(path, `${id}.json`)

  /** One thing at a time is done about a batch, in order. */
  function inTurn(id: string, work: () => Promise<void>): Promise<void> {
    const next = (chains.get(id) ?? Promise.resolve()).then(work, work)
    chains.set(id, next)
    const end = () => chains.get(id) === next && chains.delete(id)
    next.then(end, end)
    return next
  }
  async function begin(write: Write): Promise<void> {
    const { id } = write.batch
    // Deleted while it waited.
    if (writes.get(id) !== write) return
    writes.delete(id)
    await folder.held()
    // From here on it survives kill -9 (`is sent by the next one where it was killed`, at-exit.test.ts).
    await replaceFile(fileOf(id), JSON.stringify(write.batch))
    await syncFolder(path)
  }
  const store: Store = {
    put(batch) {
      const { id } = batch
      const waiting = writes.get(id)
      const write: Write = waiting ?? { batch, ended: inTurn(id, () => begin(write)) }
      writes.set(id, write)
      // What is put while a write waits is saved if that write succeeds (`puts that are written together fail together`,
      // file-store.test.ts).
      write.batch = batch
      return write.ended
    },
    delete(id) {
      writes.delete(id)
      return inTurn(id, async () => {
        await folder.held()
        await unlink(fileOf(id)).catch(ignoreMissing)
      })
    },
    async list() {
      await folder.held()
      const names = (await readdir(path)).filter((name) => name.endsWith('.json'))
      const found = await Promise.all(names.map((name) => readBatch(join(path, name))))
      return found.filter((batch) => batch !== undefined)
    },
    spill(batches) {
      // Also where another process holds the folder: that one will find them, and nobody adds to them any more.
      mkdirSync(path, { recursive: true, mode: 0o700 })
      for (const batch of batches) {
        const beside = `${fileOf(batch.id)}${HALF_AT_END}`
        writeFileSync(beside, JSON.stringify(batch), { mode: 0o600, flush: true })
        renameSync(beside, fileOf(batch.id))
      }
    },
  }
  releases.set(store, async () => {
    await Promise.allSettled(chains.values())
    await folder.release()
    claimed.delete(store)
  })
  return store
}

/** Whether a store is one of files: what is found in it, and is not one's own, belongs to nobody that lives. */
export function isFileStore(store: unknown): boolean {
  return typeof store === 'object' && store !== null && releases.has(store)
}

/**
 * Gives a tracker its store. One of files is for one tracker until `releaseStore`: another endpoint or key would get what
 * waits for the first (`a store that two trackers are given`, file-store.test.ts).
 */
export function claimStore(store: Store): Store {
  if (!isFileStore(store)) return store
  if (claimed.has(store)) return TAKEN
  claimed.add(store)
  return store
}

/** Lets go of the folder of a store once what has begun is written. Any other store is left alone. */
export async function releaseStore(store: unknown): Promise<void> {
  if (isFileStore(store)) await releases.get(store as object)?.()
}

function createFolder(path: string) {
  let holding: Promise<() => Promise<void>> | undefined
  return {
    async held(): Promise<void> {
      if (!holding) {
        holding = takeFolder(path)
        holding.catch(() => setTimeout(forget, TRY_AGAIN).unref())
      }
      await holding
    },
    async release(): Promise<void> {
      const release = await holding?.catch(() => undefined)
      forget()
      await release?.()
    },
  }
  function forget(): void {
    holding = undefined
  }
}

async function takeFolder(path: string): Promise<() => Promise<void>> {
  const release = await holdFolder(path)
  const names = await readdir(path)
  const halves = names.filter((name) => name.endsWith(HALF) || name.endsWith(HALF_AT_END))
  await Promise.all(halves.map((name) => removeHalf(join(path, name)).catch(ignoreMissing)))
  return release
}

/** Removes half a write of a process that died. One that ends may be writing without holding the folder. */
async function removeHalf(path: string): Promise<void> {
  if (path.endsWith(HALF) || Date.now() - (await stat(path)).mtimeMs > DEAD_AFTER) await unlink(path)
}

async function replaceFile(path: string, text: string): Promise<void> {
  const beside = path + HALF
  const file = await open(beside, 'w', 0o600)
  try {
    await file.writeFile(text)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(beside, path)
}

/** Makes the renaming survive the power. Windows has nothing of the kind, and needs none. */
async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

async function readBatch(path: string): Promise<StoredBatch | undefined> {
  try {
    const batch = JSON.parse(await readFile(path, 'utf8'))
    return typeof batch?.events === 'string' ? batch : undefined
  } catch {
    // Deleted since it was listed, or damaged by the disk: no reason to keep the others from being sent.
    return undefined
  }
}

function ignoreMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error
}
