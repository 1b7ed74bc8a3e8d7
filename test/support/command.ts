import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { atExit } from './at-exit.ts'

const STOP_MS = 20_000

/** What a command printed, its exit code (-1 where a signal ended it), and that signal. */
export interface CommandResult {
  stdout: string
  stderr: string
  code: number
  signal: NodeJS.Signals | null
}

/** A command of an app, running in a process of its own. */
export interface Command {
  pid: number
  running(): boolean
  /** What it has printed so far, on both streams. */
  output(): string
  result: Promise<CommandResult>
  /** Sends a signal and waits for the end. @throws Error where it does not end within 20 s */
  end(signal: NodeJS.Signals): Promise<void>
}

/** How to run a command. */
export interface CommandOptions {
  /** The folder it runs in. */
  cwd: string
  env?: Record<string, string>
  /** What it reads on standard input. Default: nothing. */
  input?: string
  /** Which build of the app: what is published, or the same with failpoints. Default: `dist`. */
  build?: 'dist' | 'dist-failpoints'
}

/**
 * Starts the built command of an app (`collector` or `convert`), as its `bin` does. It is killed when this process ends.
 * @throws Error where the app is not built
 */
export function startCommand(app: string, args: readonly string[], options: CommandOptions): Command {
  const { build = 'dist' } = options
  const main = fileURLToPath(new URL(`../../apps/${app}/${build}/main.js`, import.meta.url))
  if (!existsSync(main)) throw new Error(`${main} is not there; run "npm run build" first`)
  const child = spawn(process.execPath, [main, ...args], {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  child.stdin.on('error', () => undefined).end(options.input)
  const kill = () => void child.kill('SIGKILL')
  const forget = atExit(kill)
  const printed = { out: '', err: '' }
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    printed.out += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    printed.err += text
  })
  const result = new Promise<CommandResult>((done, failed) => {
    child.once('error', failed)
    child.once('close', (code, signal) => {
      forget()
      done({ stdout: printed.out, stderr: printed.err, code: code ?? -1, signal })
    })
  })
  return {
    pid: child.pid as number,
    running: () => child.exitCode === null && child.signalCode === null,
    output: () => printed.err + printed.out || '(it printed nothing)',
    result,
    async end(signal) {
      child.kill(signal)
      const timer = setTimeout(kill, STOP_MS)
      await result
      clearTimeout(timer)
      if (signal !== 'SIGKILL' && child.signalCode === 'SIGKILL') {
        const output = printed.err + printed.out
        throw new Error(`${app} ${args[0]} did not end within ${STOP_MS} ms of ${signal}: ${output}`)
      }
    },
  }
}
