import { basename, dirname, resolve } from 'node:path'
import { durationMs } from '@trackable/dataset'

/** Everything that flags and environment decide, checked. Times in milliseconds. */
export interface Settings {
  port: number
  host: string
  /** Whether only this machine can reach `host`. */
  loopback: boolean
  configFile: string | undefined
  databaseUrl: string
  logDir: string
  /** Holds control socket, key mirror and, by default, database and log. */
  dataDir: string
  schema: string
  /** Pause between folds; null where only `trackable fold --once` folds. */
  foldEvery: number | null
  dedupWindow: number
  logKeep: number
  bots: 'drop' | 'count' | 'off'
  deadLetters: 'keep' | 'drop'
  /** Where an operator is called; undefined for nowhere. */
  alertWebhook: string | undefined
  logLevel: LogLevel
  dashboardToken: string | undefined
}

/** How much is said on standard error, from little to much. */
export type LogLevel = (typeof LOG_LEVELS)[number]

const LOG_LEVELS = ['silent', 'error', 'warn', 'info'] as const
const LOOPBACK = ['127.0.0.1', 'localhost', '::1', '[::1]']

/** Settings that cannot be used, all of them at once. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError'
}

/** The environment; the one place that reads it. */
export const environment: Record<string, string | undefined> = process.env

/**
 * Reads settings from flags (`{ port: '9000' }`), then environment, then defaults.
 * @throws SettingsError listing every setting that is wrong, with its value and what was expected
 */
export function readSettings(flags: Record<string, string | undefined>, env = environment): Settings {
  const problems: string[] = []
  const text = (name: string, absent: string) => flags[name.toLowerCase()] ?? env[name] ?? absent
  const check = <T>(
    name: string,
    absent: string,
    expected: string,
    read: (value: string) => T | undefined,
  ): T => {
    const value = text(name, absent)
    const found = read(value)
    if (found === undefined) problems.push(`${name} is "${value}"; expected ${expected}`)
    return found as T
  }
  const oneOf = <T extends string>(name: string, absent: T, allowed: readonly T[]) =>
    check(name, absent, allowed.join(', '), (value) => allowed.find((one) => one === value))
  const duration = (name: string, absent: string) => check(name, absent, 'a duration such as 72h', durationMs)

  const logDir = check('LOG_URL', 'file://./trackable-data/log', 'file://FOLDER', readFileUrl)
  const settings: Settings = {
    port: check('PORT', '8787', 'a port from 0 to 65535', readPort),
    host: text('HOST', '127.0.0.1'),
    loopback: LOOPBACK.includes(text('HOST', '127.0.0.1')),
    configFile: flags.config ?? env.TRACKABLE_CONFIG,
    databaseUrl: check(
      'DATABASE_URL',
      'pglite://./trackable-data/db',
      'postgres://… or pglite://FOLDER',
      readDatabaseUrl,
    ),
    logDir,
    dataDir: logDir && basename(logDir) === 'log' ? dirname(logDir) : logDir,
    schema: check('DATABASE_SCHEMA', 'trackable', 'small letters, digits and underscores', readSchema),
    foldEvery: check('FOLD_EVERY', '1s', 'a duration such as 1s, or off', (value) =>
      value === 'off' ? null : durationMs(value) || undefined,
    ),
    dedupWindow: duration('DEDUP_WINDOW', '7d'),
    logKeep: duration('LOG_KEEP', '72h'),
    bots: oneOf('BOTS', 'drop', ['drop', 'count', 'off']),
    deadLetters: oneOf('DEAD_LETTERS', 'keep', ['keep', 'drop']),
    alertWebhook: check('ALERT_WEBHOOK', '', 'an http:// or https:// URL', readWebhook) || undefined,
    logLevel: oneOf('LOG_LEVEL', 'info', LOG_LEVELS),
    dashboardToken: env.DASHBOARD_TOKEN || undefined,
  }
  if (settings.logKeep > settings.dedupWindow) {
    problems.push(
      'LOG_KEEP is longer than DEDUP_WINDOW; a refold could then count a batch whose id is forgotten',
    )
  }
  if (!settings.loopback && !settings.dashboardToken) {
    problems.push(`HOST is "${settings.host}", which others can reach; set DASHBOARD_TOKEN too`)
  }
  if (text('WORKERS', '1') !== '1') problems.push('WORKERS is not 1; more workers are not there yet')
  if (flags.role !== undefined && flags.role !== 'all') {
    problems.push(
      `--role is "${flags.role}"; roles of their own need LOG_URL=nats://…, which is not there yet`,
    )
  }
  if (problems.length > 0) throw new SettingsError(problems.join('\n'))
  return settings
}

function readPort(value: string): number | undefined {
  const port = Number(value)
  return /^\d{1,5}$/.test(value) && port <= 65_535 ? port : undefined
}

function readFileUrl(value: string): string | undefined {
  const path = /^file:\/\/(.+)$/.exec(value)?.[1]
  return path && resolve(path)
}

function readDatabaseUrl(value: string): string | undefined {
  const folder = /^pglite:\/\/(.+)$/.exec(value)?.[1]
  if (folder) return `pglite://${resolve(folder)}`
  return /^postgres(ql)?:\/\/.+/.test(value) ? value : undefined
}

/** Empty where there is none. */
function readWebhook(value: string): string | undefined {
  return value === '' || (URL.canParse(value) && /^https?:/.test(value)) ? value : undefined
}

function readSchema(value: string): string | undefined {
  return /^[a-z][a-z0-9_]{0,40}$/.test(value) ? value : undefined
}
