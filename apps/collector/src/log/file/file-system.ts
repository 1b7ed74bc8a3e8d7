import { writeSync } from 'node:fs'
import { mkdir, open, readdir, rename, stat, statfs, unlink } from 'node:fs/promises'
import { dirname } from 'node:path'

/** A file that is written from its start to its end. */
export interface WritableLogFile {
  write(bytes: Buffer): Promise<void>
  /** Resolves when what was written is on disk. */
  sync(): Promise<void>
  close(): Promise<void>
}

/** What the log asks of a file system; an argument, so that tests can lose power. */
export interface LogFileSystem {
  /** Makes a folder where there is none; resolves when it is on disk. */
  makeDir(path: string): Promise<void>
  list(path: string): Promise<string[]>
  size(path: string): Promise<number>
  /** Creates a file that is not there yet. */
  create(path: string): Promise<WritableLogFile>
  /** Up to `length` bytes from a place: fewer where the file ends. */
  read(path: string, from: number, length: number): Promise<Buffer>
  /** Replaces what has the new name. */
  rename(from: string, to: string): Promise<void>
  remove(path: string): Promise<void>
  /** Resolves when the names in a folder are on disk as they are now. */
  syncDir(path: string): Promise<void>
  /** The volume of a folder, in bytes: its size, and what is free for us. */
  space(path: string): Promise<{ size: number; free: number }>
}

/** The real one. */
export const nodeFileSystem: LogFileSystem = {
  async makeDir(path) {
    const first = await mkdir(path, { recursive: true, mode: 0o700 })
    if (first === undefined) return
    for (let made = path; made.length >= first.length; made = dirname(made)) await syncDir(dirname(made))
  },
  list: (path) => readdir(path),
  size: async (path) => (await stat(path)).size,
  async create(path) {
    const file = await open(path, 'wx', 0o600)
    // Written in place: a copy into the page cache takes less than the way to the thread pool and back. The sync,
    // which waits for the disk, goes there.
    return {
      write: async (bytes) => writeAll(file.fd, bytes),
      sync: () => file.datasync(),
      close: () => file.close(),
    }
  },
  async read(path, from, length) {
    const file = await open(path, 'r')
    try {
      const buffer = Buffer.allocUnsafe(length)
      let filled = 0
      while (filled < length) {
        const { bytesRead } = await file.read(buffer, filled, length - filled, from + filled)
        if (bytesRead === 0) break
        filled += bytesRead
      }
      return buffer.subarray(0, filled)
    } finally {
      await file.close()
    }
  },
  rename,
  remove: unlink,
  syncDir,
  async space(path) {
    const { bavail, blocks, bsize } = await statfs(path)
    return { size: blocks * bsize, free: bavail * bsize }
  },
}

async function syncDir(path: string): Promise<void> {
  const dir = await open(path, 'r')
  try {
    await dir.sync()
  } finally {
    await dir.close()
  }
}

function writeAll(fd: number, bytes: Buffer): void {
  let written = 0
  while (written < bytes.length) written += writeSync(fd, bytes, written)
}
