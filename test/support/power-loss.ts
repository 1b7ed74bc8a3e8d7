import { dirname } from 'node:path'
import type { LogFileSystem, WritableLogFile } from '../../apps/collector/src/log/file/file-system.ts'
import type { Random } from './random.ts'

const PIECE = 512

/** A disk in memory that loses power. */
export interface PowerLossDisk extends LogFileSystem {
  /**
   * After that many more operations that change something the power goes: the last of them may or may not have
   * happened, and it, like everything after it, never settles. Resolves then.
   */
  loseAfter(operations: number): Promise<void>
  /**
   * What is there when the power is back: what was synced, and of the rest a random part. Unsynced bytes are kept by
   * pieces of 512 with a chance of a half, the others are zeros; a file may be as long as it was, or cut off anywhere
   * behind its synced part. A creation, rename or removal that no `syncDir` followed has happened with a chance of a
   * half, each for itself.
   */
  crash(): PowerLossDisk
  /** What the next process sees when only this one died: everything, also what is not synced and can still be lost. */
  kill(): PowerLossDisk
  /** Every file by its path. */
  contents(): Map<string, Buffer>
}

interface Inode {
  bytes: Buffer
  /** So many bytes of it survive. */
  synced: number
}

interface Change {
  /** The folders that must be synced before it is sure to survive. */
  dirs: Set<string>
  apply(names: Map<string, Inode>): void
}

interface State {
  names: Map<string, Inode>
  /** The names as they are on disk for sure. */
  survivors: Map<string, Inode>
  folders: Set<string>
  changes: Change[]
}

/** Creates a disk that holds these files, all of them synced. Folders survive as soon as they are made. */
export function createPowerLossDisk(
  random: Random,
  files: ReadonlyMap<string, Buffer> = new Map(),
): PowerLossDisk {
  const names = new Map([...files].map(([path, bytes]) => [path, { bytes, synced: bytes.length }]))
  const folders = new Set([...files.keys()].map((path) => dirname(path)))
  return diskOf(random, { names, survivors: new Map(names), folders, changes: [] })
}

/** The calls of a process, until its power goes. */
function createPower(random: Random) {
  let left = Number.POSITIVE_INFINITY
  let lose: () => void = () => undefined
  const never = () => new Promise<never>(() => undefined)
  return {
    /** A call that changes something. */
    async operate(work: () => void): Promise<void> {
      if (left <= 0) return never()
      if (--left > 0) return work()
      if (random() < 0.5) work()
      lose()
      return never()
    },
    /** A call that only looks. */
    async look<T>(work: () => T): Promise<T> {
      return left <= 0 ? never() : work()
    },
    loseAfter(operations: number): Promise<void> {
      left = operations
      return new Promise((settle) => {
        lose = settle
      })
    },
    end(): void {
      left = 0
    },
  }
}

function diskOf(random: Random, state: State): PowerLossDisk {
  const { names, survivors, folders } = state
  const power = createPower(random)
  const { look } = power
  return {
    ...changesOf(state, power.operate),
    list: (path) =>
      look(() =>
        [...names.keys(), ...folders]
          .filter((each) => dirname(each) === path)
          .map((each) => each.slice(path.length + 1)),
      ),
    size: (path) => look(() => inodeOf(names, path).bytes.length),
    read: (path, from, length) =>
      look(() => Buffer.from(inodeOf(names, path).bytes.subarray(from, from + length))),
    space: () => look(() => ({ size: 2 ** 40, free: 2 ** 40 })),
    loseAfter: power.loseAfter,
    crash() {
      power.end()
      const after = new Map(survivors)
      for (const { apply } of state.changes) if (random() < 0.5) apply(after)
      const files = [...after].map(([path, inode]): [string, Buffer] => [path, remains(inode, random)])
      return createPowerLossDisk(random, new Map(files))
    },
    kill() {
      power.end()
      return diskOf(random, state)
    },
    contents: () => new Map([...names].map(([path, { bytes }]) => [path, bytes])),
  }
}

type Changes = Pick<LogFileSystem, 'makeDir' | 'create' | 'rename' | 'remove' | 'syncDir'>

/** The calls that change what is on the disk. */
function changesOf(state: State, operate: (work: () => void) => Promise<void>): Changes {
  const { names, survivors, folders } = state

  function change(paths: string[], apply: Change['apply']): void {
    apply(names)
    state.changes.push({ dirs: new Set(paths.map((path) => dirname(path))), apply })
  }

  return {
    makeDir: (path) => operate(() => void folders.add(path)),
    async create(path) {
      const inode: Inode = { bytes: Buffer.alloc(0), synced: 0 }
      await operate(() => {
        if (names.has(path)) throw Object.assign(new Error(`EEXIST: ${path}`), { code: 'EEXIST' })
        change([path], (of) => void of.set(path, inode))
      })
      return fileOf(inode, operate)
    },
    rename: (from, to) =>
      operate(() => {
        const inode = inodeOf(names, from)
        change([from, to], (of) => {
          if (of.get(from) === inode) of.delete(from)
          of.set(to, inode)
        })
      }),
    remove: (path) =>
      operate(() => {
        const inode = inodeOf(names, path)
        change([path], (of) => {
          if (of.get(path) === inode) of.delete(path)
        })
      }),
    syncDir: (path) =>
      operate(() => {
        for (const { dirs } of state.changes) dirs.delete(path)
        for (const { dirs, apply } of state.changes) if (dirs.size === 0) apply(survivors)
        state.changes = state.changes.filter(({ dirs }) => dirs.size > 0)
      }),
  }
}

function fileOf(inode: Inode, operate: (work: () => void) => Promise<void>): WritableLogFile {
  let room = Buffer.alloc(0)
  return {
    write: (bytes) =>
      operate(() => {
        const length = inode.bytes.length + bytes.length
        if (length > room.length) {
          room = Buffer.alloc(length * 2)
          inode.bytes.copy(room)
        }
        bytes.copy(room, inode.bytes.length)
        inode.bytes = room.subarray(0, length)
      }),
    sync: () =>
      operate(() => {
        inode.synced = inode.bytes.length
      }),
    close: async () => undefined,
  }
}

function inodeOf(names: ReadonlyMap<string, Inode>, path: string): Inode {
  const inode = names.get(path)
  if (!inode) throw Object.assign(new Error(`ENOENT: ${path}`), { code: 'ENOENT' })
  return inode
}

function remains({ bytes, synced }: Inode, random: Random): Buffer {
  const cut = synced + Math.floor(random() * (bytes.length - synced + 1))
  const left = Buffer.from(random() < 0.5 ? bytes : bytes.subarray(0, cut))
  for (let from = synced; from < left.length; ) {
    const to = Math.min(left.length, from - (from % PIECE) + PIECE)
    if (random() < 0.5) left.fill(0, from, to)
    from = to
  }
  return left
}
