import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { mkdir, rmdir, stat, symlink, unlink, writeFile } from 'node:fs/promises'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

/** The longest path a Unix socket may have on Linux and macOS, with room for its ending. */
const SOCKET_PATH = 100
const MUTEX_STALE_MS = 5000

/** The data folder of a collector, held by this process. */
export interface FolderLock {
  /** Gives the connections of the control socket to an HTTP server. */
  onConnection(listener: (socket: Socket) => void): void
  release(): Promise<void>
}

/** Another process holds the folder. */
export class FolderHeldError extends Error {
  override readonly name = 'FolderHeldError'
}

/** The control socket of a data folder, by a path that the system takes however deep the folder is. */
export async function socketPath(dir: string): Promise<string> {
  const direct = join(resolve(dir), 'control.sock')
  if (direct.length <= SOCKET_PATH) return direct
  const link = join(
    tmpdir(),
    `trackable-${createHash('sha256').update(resolve(dir)).digest('hex').slice(0, 16)}`,
  )
  await symlink(resolve(dir), link).catch((error) => {
    if (error.code !== 'EEXIST') throw error
  })
  return join(link, 'control.sock')
}

/** Whether a process listens on the folder's control socket. A stalled one does: the kernel answers for it. */
export function isHeld(path: string): Promise<boolean> {
  return new Promise((settle) => {
    const socket = connect(path)
    socket.once('connect', () => settle(true)).once('error', () => settle(false))
    socket.once('close', () => socket.destroy())
    socket.once('connect', () => socket.end())
  })
}

/**
 * Refuses early, before anything is loaded that takes long; who takes the folder is decided by `lockFolder` alone.
 * @throws FolderHeldError naming the process that holds it
 */
export async function checkNotHeld(dir: string): Promise<void> {
  if (await isHeld(await socketPath(dir))) throw new FolderHeldError(heldBy(dir))
}

/**
 * Takes the data folder for this process. The listening control socket is the lock: it dies with the process, and
 * holds across containers that share the folder, where a process id says nothing.
 * @throws FolderHeldError naming the process that holds it
 */
export async function lockFolder(dir: string): Promise<FolderLock> {
  await mkdir(dir, { recursive: true, mode: 0o700 })
  const path = await socketPath(dir)
  const mutex = join(dir, 'control.lock')
  await takeMutex(mutex)
  try {
    await checkNotHeld(dir)
    await unlink(path).catch(() => undefined)
    // Before it listens: whoever finds the folder held, also without the mutex, then reads the name of its holder.
    await writeFile(join(dir, 'control.pid'), `${process.pid}\n`, { mode: 0o600 })
    const { server, onConnection } = await listen(path)
    return {
      onConnection,
      // The socket stops listening at once; whoever is still connected is not waited for.
      release: async () => void server.close(),
    }
  } finally {
    await rmdir(mutex)
  }
}

/** Only one process at a time looks for a dead holder and takes its place; a folder is made by one process only. */
async function takeMutex(path: string): Promise<void> {
  for (;;) {
    try {
      await mkdir(path)
      return
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
    const age = await stat(path).then(
      ({ mtimeMs }) => Date.now() - mtimeMs,
      () => 0,
    )
    if (age > MUTEX_STALE_MS) await rmdir(path).catch(() => undefined)
    await new Promise((settle) => setTimeout(settle, 20))
  }
}

async function listen(path: string): Promise<{ server: Server; onConnection: FolderLock['onConnection'] }> {
  // A command may call before the routes are there: it waits, and is answered then.
  const early: Socket[] = []
  let accept = (socket: Socket): void => void early.push(socket)
  const server = createServer((socket) => accept(socket))
  const mask = process.umask(0o177)
  try {
    await new Promise<void>((settle, fail) => {
      server.once('error', fail)
      server.listen(path, settle)
    })
  } finally {
    process.umask(mask)
  }
  return {
    server,
    onConnection(listener) {
      accept = listener
      for (const socket of early.splice(0)) listener(socket)
    },
  }
}

function heldBy(dir: string): string {
  const file = join(dir, 'control.pid')
  const pid = existsSync(file) ? readFileSync(file, 'utf8').trim() : ''
  const holder = pid ? `process ${pid}` : 'another process'
  return `the data folder ${resolve(dir)} is held by ${holder}; stop it, or choose another folder`
}
