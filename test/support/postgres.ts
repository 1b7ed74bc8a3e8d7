import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { chownSync, closeSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import postgres from 'postgres'
import { atExit } from './at-exit.ts'
import { freePort } from './free-port.ts'
import { postgresBinaries, unprivilegedUser } from './postgres-binaries.ts'
import { tempDir } from './temp-dir.ts'
import { until } from './until.ts'

/** A Postgres server of the test's own, on 127.0.0.1, with fsync on. */
export interface PostgresServer {
  /** A superuser's URL of the database `postgres`. */
  url: string
  port: number
  /** Makes a new, empty database and gives its URL. */
  createDatabase(): Promise<string>
  /** kill -9 of the server and of every backend, as a crash of the machine's operating system would. */
  kill(): Promise<void>
  /** Stops the server if it still runs (fast shutdown) and starts it again on the same port and data. */
  restart(): Promise<void>
  /** Stops the server and removes its data. */
  stop(): Promise<void>
}

/**
 * Starts a Postgres server in a temporary folder and waits until it answers. It is killed when the process ends.
 * @throws Error with the server's own words where it does not start
 */
export async function startPostgres(): Promise<PostgresServer> {
  const binaries = postgresBinaries()
  const user = unprivilegedUser()
  const port = await freePort()
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`
  let child: ChildProcess | undefined
  const folder = tempDir('postgres')
  const forget = atExit(() => killAll(child))
  if (user) chownSync(folder.path, user.uid, user.gid)
  initialize(binaries, join(folder.path, 'data'), user)

  async function start(): Promise<void> {
    try {
      await until('Postgres answers', () => {
        // Right after a kill, what a dying backend still holds can make the first start fail.
        if (!child || child.exitCode !== null) child = spawnServer(binaries, folder.path, port, user)
        return answers(url)
      })
    } catch (cause) {
      throw new Error(`Postgres did not start: ${readFileSync(join(folder.path, LOG), 'utf8')}`, { cause })
    }
  }
  async function end(signal: NodeJS.Signals): Promise<void> {
    const ending = child
    child = undefined
    if (!ending || ending.exitCode !== null || ending.signalCode !== null) return
    const ended = new Promise((resolve) => ending.once('exit', resolve))
    if (signal === 'SIGKILL') killAll(ending)
    else ending.kill(signal)
    await ended
  }

  await start()
  let databases = 0
  return {
    url,
    port,
    createDatabase: () => createDatabase(url, `test_${process.pid}_${++databases}`),
    kill: () => end('SIGKILL'),
    async restart() {
      await end('SIGINT')
      await start()
    },
    async stop() {
      await end('SIGINT')
      forget()
      folder.remove()
    },
  }
}

const LOG = 'server.log'

type User = ReturnType<typeof unprivilegedUser>

function initialize(binaries: string, data: string, user: User): void {
  const args = ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync']
  const { status, stderr, error } = spawnSync(join(binaries, 'initdb'), args, {
    cwd: '/',
    encoding: 'utf8',
    ...user,
  })
  if (status !== 0) throw new Error(`initdb of ${binaries} failed with ${status}: ${error ?? stderr}`)
}

function spawnServer(binaries: string, folder: string, port: number, user: User): ChildProcess {
  const settings = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    fsync: 'on',
    max_connections: '100',
  }
  const args = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const log = openSync(join(folder, LOG), 'a')
  const child = spawn(join(binaries, 'postgres'), ['-D', join(folder, 'data'), '-p', String(port), ...args], {
    cwd: '/',
    stdio: ['ignore', log, log],
    ...user,
  })
  closeSync(log)
  return child
}

async function answers(url: string): Promise<boolean> {
  const sql = postgres(url, { max: 1, connect_timeout: 2, onnotice: () => undefined })
  try {
    await sql`select 1`
    return true
  } finally {
    await sql.end({ timeout: 1 })
  }
}

async function createDatabase(url: string, name: string): Promise<string> {
  const sql = postgres(url, { max: 1, onnotice: () => undefined })
  try {
    await sql.unsafe(`create database ${name}`)
    return url.replace(/\/postgres$/, `/${name}`)
  } finally {
    await sql.end()
  }
}

/** Backends lead sessions of their own, so that a signal to the server's group would not reach them. */
function killAll(server: ChildProcess | undefined): void {
  if (!server?.pid || server.exitCode !== null || server.signalCode !== null) return
  for (const pid of [server.pid, ...childrenOf(server.pid)]) {
    try {
      process.kill(pid, 'SIGKILL')
    } catch {
      // It has ended by itself since it was listed.
    }
  }
}

function childrenOf(pid: number): number[] {
  if (process.platform === 'linux') {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number)
  }
  const { stdout } = spawnSync('pgrep', ['-P', String(pid)], { encoding: 'utf8' })
  return stdout.split('\n').filter(Boolean).map(Number)
}
