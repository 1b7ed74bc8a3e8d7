import { uuidTime } from '@trackable/protocol'
import type { StoredBatch } from './store/store.ts'

/** Under whose name batches are stored, and whose batches are free to take. */
export interface Ownership {
  /** The present owner's name: one for each time a page comes alive. */
  name: string
  /** Makes the owner known as alive, until `release`. Safe to call again. */
  claim(): void
  /** Lets others adopt what is left. The next claim is under a new name. */
  release(): void
  /** Those of the batches whose owners are gone. */
  orphans(batches: StoredBatch[]): Promise<StoredBatch[]>
}

// Milliseconds: a page that has just begun may not hold its lock yet, and its name may be in the store already.
const SETTLED = 5_000
const WITHOUT_LOCKS = 60_000

/** The owner in a store that nobody shares. */
export function createLoneOwner(name: string): Ownership {
  return { name, claim() {}, release() {}, orphans: async () => [] }
}

/**
 * The owner of a page's batches. It holds a Web Lock while it lives, so that the browser says when it is gone,
 * however it went. Without locks what is a minute old counts as abandoned, and is at worst sent twice.
 * @param locks `navigator.locks`
 */
export function createPageOwner(locks: LockManager | undefined, newName: () => string): Ownership {
  let free: (() => void) | undefined
  const owner: Ownership = {
    name: newName(),
    claim() {
      if (free) return
      const held = new Promise<void>((resolve) => {
        free = resolve
      })
      locks?.request(owner.name, () => held).catch(() => {})
    },
    release() {
      free?.()
      free = undefined
      owner.name = newName()
    },
    async orphans(batches) {
      const held = (await locks?.query())?.held
      const young = Date.now() - (held ? SETTLED : WITHOUT_LOCKS)
      const living = [owner, ...(held ?? [])]
      return batches.filter(
        (batch) => uuidTime(batch.id) < young && !living.some(({ name }) => name === batch.owner),
      )
    },
  }
  return owner
}
