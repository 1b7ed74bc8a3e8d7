import { writeSync } from 'node:fs'
import { mkdir, open, readdir, rename, stat, statfs, unlink } from 'node:fs/promises'

/** A file that is written from its start to its end. */
export interface WritableLogFile {
  write(bytes: Buffer): Promise<void>
  /** Resolves when what was written is on disk. */
  sync(): Promise<void>
  close(): Promise<void>
}

/** What the log asks of a file system; an argument, so that tests can lose power. */
export interface LogFileSystem {
  makeDir(path: string): Promise<void>
  list(path: string): Promise<string[]>
  size(path: string): Promise<number>
  create(path: string): Promise<WritableLogFile>
  read(path: string, from: number, length: number): Promise<Buffer>
  rename(from: string, to: string): Promise<void>
  remove(path: string): Promise<void>
  syncDir(path: string): Promise<void>
  /** Bytes that are free for us. */
  free(path: string): Promise<number>
}

/** The real one. */
export const nodeFileSystem: LogFileSystem = {
  async makeDir(path) {
    await mkdir(path, { recursive: true, mode: 0o700 })
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
  async syncDir(path) {
    const dir = await open(path, 'r')
    try {
      await dir.sync()
    } finally {
      await dir.close()
    }
  },
  async free(path) {
    const { bavail, bsize } = await statfs(path)
    return bavail * bsize
  },
}

function writeAll(fd: number, bytes: Buffer): void {
  let written = 0
  while (written < bytes.length) written += writeSync(fd, bytes, written)
}
