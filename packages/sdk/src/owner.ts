/** May this batch be adopted, whose owner is that, and which was opened so many milliseconds ago? */
export type Abandoned = (owner: string, age: number) => boolean

/** Under whose name batches are stored, and whose batches are free to take. */
export interface Ownership {
  /** The present owner's name: one for each time a page comes alive. */
  readonly name: string
  /** How long a batch may stay open, in milliseconds: another owner must never adopt one that still grows. */
  readonly openFor: number
  /** Makes the owner known as alive, until `release`. Safe to call again. */
  claim(): void
  /** Lets others adopt what is left. The next claim is under a new name. */
  release(): void
  /** Runs the work while no other owner adopts, or not at all. */
  adopt(work: (abandoned: Abandoned) => Promise<void>): Promise<void>
}

const SETTLE = 5_000
const WITHOUT_LOCKS = 60_000

/** The owner in a store that nobody shares. */
export function createLoneOwner(name: string): Ownership {
  return { name, openFor: Number.POSITIVE_INFINITY, claim() {}, release() {}, async adopt() {} }
}

/**
 * The owner of a page's batches. It holds a Web Lock while it lives, so that the browser says when it is gone,
 * however it went. Without locks what is a minute old counts as abandoned, and is at worst sent twice.
 * @param locks `navigator.locks`
 * @param scope what is shared, so that one adopts at a time
 */
export function createPageOwner(
  locks: LockManager | undefined,
  scope: string,
  newName: () => string,
): Ownership {
  let name = newName()
  let free: (() => void) | undefined
  const lockOf = (owner: string) => `trackable ${owner}`
  return {
    get name() {
      return name
    },
    openFor: locks ? Number.POSITIVE_INFINITY : WITHOUT_LOCKS / 2,
    claim() {
      if (free) return
      const held = new Promise<void>((resolve) => {
        free = resolve
      })
      locks?.request(lockOf(name), () => held).catch(() => {})
    },
    release() {
      free?.()
      free = undefined
      name = newName()
    },
    async adopt(work) {
      if (!locks) return work((_owner, age) => age > WITHOUT_LOCKS)
      await locks.request(scope, { ifAvailable: true }, async (lock) => {
        const { held = [] } = await locks.query()
        const alive = held.map((other) => other.name)
        if (lock) await work((owner, age) => age > SETTLE && !alive.includes(lockOf(owner)))
      })
    },
  }
}
