import { resolve } from 'node:path'
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
  /** What it has printed so far. */
  output(): string
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
  const port = options.port ?? (await freePort())
  const cwd = options.dataDir ?? tempDir('collector').path
  const database: Record<string, string> = options.databaseUrl ? { DATABASE_URL: options.databaseUrl } : {}
  const env = { ...database, ...options.env }
  const serve = ['serve', '--port', String(port), '--config', resolve(options.configFile)]
  const command = startCommand('collector', serve, { cwd, env })
  const url = `http://127.0.0.1:${port}`
  await becomesReady(command, url)
  const cli = (args: readonly string[]) => startCommand('collector', args, { cwd, env }).result
  return {
    url,
    port,
    pid: command.pid,
    dataDir: cwd,
    output: command.output,
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
  const { code } = await command.result
  throw new Error(`the collector ended with ${code}: ${command.output()}`)
}

async function createKey(cli: CollectorProcess['cli'], kind: string, bounds: KeyBounds): Promise<CreatedKey> {
  const origins = (bounds.origins ?? []).flatMap((origin) => ['--origin', origin])
  const datasets = (bounds.datasets ?? []).flatMap((dataset) => ['--dataset', dataset])
  const result = await cli(['keys', 'create', '--kind', kind, '--json', ...origins, ...datasets])
  if (result.code !== 0) throw new Error(`keys create ended with ${result.code}: ${result.stderr}`)
  return JSON.parse(result.stdout) as CreatedKey
}
