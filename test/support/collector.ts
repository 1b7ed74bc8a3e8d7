import { dirname, join, resolve } from 'node:path'
import { type Command, type CommandResult, startCommand } from './command.ts'
import { freePort } from './free-port.ts'
import { tempDir } from './temp-dir.ts'
import { until } from './until.ts'

// The embedded database compiles itself at each start: 4 s on an idle machine, half a minute on a crowded one.
const READY_MS = 90_000

/** How to start a collector. */
export interface CollectorOptions {
  configFile: string
  /** The folder it runs in, whose `trackable-data` holds log and database. Default: a new temporary one. */
  dataDir?: string
  /** Default: the embedded database in `trackable-data`. */
  databaseUrl?: string
  env?: Record<string, string>
  /** Default: a free one. */
  port?: number
  /**
   * Where it dies, throws, waits or does half of its work, such as `append-durable:kill:3`: `name:kill|throw|delay|half`
   * and at which hit. It then runs the build that has failpoints, and may end by itself: `ended` tells.
   */
  failpoint?: string
}

/** A key as `keys create --json` prints it. */
export interface CreatedKey {
  id: string
  kind: 'write' | 'secret'
  key: string
  origins: string[]
  datasets: string[]
}

/** A collector in a process of its own, as a user runs it. */
export interface CollectorProcess {
  url: string
  port: number
  pid: number
  dataDir: string
  /** The folder of its control socket, beside the log. */
  controlDir: string
  /** Resolves when its process is gone, whatever ended it. */
  ended: Promise<CommandResult>
  running(): boolean
  /** What it has printed so far. */
  output(): string
  /**
   * Waits until it can accept, and gives how long that took since it was started, in milliseconds.
   * @throws Error with its output where it ends or does not become ready
   */
  ready(): Promise<number>
  /** Ends it as a service manager would, and waits. @throws Error where it does not end within 20 s */
  stop(): Promise<void>
  /** kill -9, and waits for the process to be gone. */
  kill9(): Promise<void>
  /** Runs a `trackable` command in the same folder with the same settings. */
  cli(args: readonly string[]): Promise<CommandResult>
  createKey(kind: 'write' | 'secret', bounds?: KeyBounds): Promise<CreatedKey>
}

/** What a key is good for. Default: any origin, every dataset. */
export interface KeyBounds {
  origins?: readonly string[]
  datasets?: readonly string[]
}

/**
 * Starts the built collector and waits until it can accept. Start another one with the same `dataDir` (and
 * `databaseUrl`) after `stop` or `kill9` to go on with its data. It is killed when this process ends.
 * @throws Error with its output where it ends or does not become ready
 */
export async function startCollector(options: CollectorOptions): Promise<CollectorProcess> {
  const collector = await launchCollector(options)
  await collector.ready()
  return collector
}

/** Starts the built collector and waits for nothing: for one that is to die before it is ready. */
export async function launchCollector(options: CollectorOptions): Promise<CollectorProcess> {
  const port = options.port ?? (await freePort())
  const cwd = options.dataDir ?? tempDir('collector').path
  const database: Record<string, string> = options.databaseUrl ? { DATABASE_URL: options.databaseUrl } : {}
  const env: Record<string, string> = { ...database, ...options.env }
  const serve = ['serve', '--port', String(port), '--config', resolve(options.configFile)]
  const { failpoint } = options
  const command = failpoint
    ? startCommand('collector', serve, {
        cwd,
        env: { ...env, TRACKABLE_FAILPOINT: failpoint },
        build: 'dist-failpoints',
      })
    : startCommand('collector', serve, { cwd, env })
  const started = performance.now()
  const url = `http://127.0.0.1:${port}`
  const cli = (args: readonly string[]) => startCommand('collector', args, { cwd, env }).result
  return {
    url,
    port,
    pid: command.pid,
    dataDir: cwd,
    controlDir: dirname(env.LOG_URL?.slice('file://'.length) ?? join(cwd, 'trackable-data', 'log')),
    ended: command.result,
    running: command.running,
    output: command.output,
    async ready() {
      await becomesReady(command, url)
      return performance.now() - started
    },
    stop: () => command.end('SIGTERM'),
    kill9: () => command.end('SIGKILL'),
    cli,
    createKey: (kind, bounds = {}) => createKey(cli, kind, bounds),
  }
}

async function becomesReady(command: Command, url: string): Promise<void> {
  try {
    const ready = async () => {
      if (!command.running()) return 'ended'
      const { status } = await fetch(`${url}/readyz`)
      return status === 200
    }
    await until('the collector is ready', ready, READY_MS)
  } catch (cause) {
    await command.end('SIGKILL')
    throw new Error(`the collector did not become ready: ${command.output()}`, { cause })
  }
  if (command.running()) return
  const { code, signal } = await command.result
  throw new Error(`the collector ended with ${signal ?? code}: ${command.output()}`)
}

async function createKey(cli: CollectorProcess['cli'], kind: string, bounds: KeyBounds): Promise<CreatedKey> {
  const origins = (bounds.origins ?? []).flatMap((origin) => ['--origin', origin])
  const datasets = (bounds.datasets ?? []).flatMap((dataset) => ['--dataset', dataset])
  const result = await cli(['keys', 'create', '--kind', kind, '--json', ...origins, ...datasets])
  if (result.code !== 0) throw new Error(`keys create ended with ${result.code}: ${result.stderr}`)
  return JSON.parse(result.stdout) as CreatedKey
}
