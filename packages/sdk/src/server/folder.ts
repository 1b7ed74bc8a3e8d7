import { mkdir, rmdir, stat, unlink } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { join, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

// Linux and macOS take paths of sockets up to 103 bytes.
const LONGEST_SOCKET = 103
const MUTEX_STALE = 5_000

/**
 * Takes a folder for this process, and makes it where it is missing. A listening socket in it is the lock: it dies
 * with the process, and holds across containers that share the folder. Resolves to what lets go of it.
 * @throws Error where another process, or another store of this one, holds it
 */
export async function holdFolder(path: string): Promise<() => Promise<void>> {
  await mkdir(path, { recursive: true, mode: 0o700 })
  const socket = socketOf(path)
  const mutex = join(path, 'lock.taking')
  await takeMutex(mutex)
  try {
    // Two trackers would take each other's open batches for left ones, and send them before they have grown: what is
    // added after that would count as a repeat (`a folder that is held is refused`, file-store.test.ts).
    if (await isHeld(socket)) {
      throw new Error(`${path} is held by another tracker; give each process and tracker a folder of its own`)
    }
    await unlink(socket).catch(() => {})
    return await listen(socket)
  } finally {
    await rmdir(mutex).catch(() => {})
  }
}

function socketOf(path: string): string {
  const absolute = resolve(path, 'lock.sock')
  if (process.platform === 'win32') return `\\\\.\\pipe\\trackable-${absolute.replace(/\W+/g, '-')}`
  if (Buffer.byteLength(absolute) <= LONGEST_SOCKET) return absolute
  throw new Error(`${path} is too long: a socket in it may have ${LONGEST_SOCKET} bytes, this is ${absolute}`)
}

/** One process at a time looks for a dead holder and takes its place; a folder is made by one process only. */
async function takeMutex(path: string): Promise<void> {
  for (;;) {
    try {
      return await mkdir(path)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
    const made = await stat(path).then(({ mtimeMs }) => mtimeMs, Date.now)
    if (Date.now() - made > MUTEX_STALE) await rmdir(path).catch(() => {})
    await delay(20)
  }
}

function isHeld(socket: string): Promise<boolean> {
  return new Promise((settle) => {
    const connection = connect(socket)
    connection.once('error', () => settle(false))
    connection.once('connect', () => {
      connection.destroy()
      settle(true)
    })
  })
}

function listen(socket: string): Promise<() => Promise<void>> {
  return new Promise((settle, fail) => {
    const server = createServer((connection) => connection.destroy())
    // The lock keeps no process alive.
    server.unref()
    server.once('error', fail)
    const release = () => new Promise<void>((done) => server.close(() => done()))
    server.listen(socket, () => settle(release))
  })
}
