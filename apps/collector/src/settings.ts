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
  /** How many proxies of the operator's own a request passes; their `X-Forwarded-For` is believed. */
  trustProxy: number
  /** Events a second of one public key and address; null for no limit. */
  rateLimit: number | null
  /** Where an operator is called; undefined for nowhere. */
  alertWebhook: string | undefined
  logLevel: LogLevel
  /** Whether OpenTelemetry's own variables ask for traces. */
  traces: boolean
  dashboardToken: string | undefined
}

/** How much is said on standard error, from little to much. */
export type LogLevel = (typeof LOG_LEVELS)[number]

const LOG_LEVELS = ['silent', 'error', 'warn', 'info', 'debug'] as const
const LOOPBACK = ['127.0.0.1', 'localhost', '::1', '[::1]']

/** Settings that cannot be used, all of them at once. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError'
}

/** The environment; the one place that reads it. */
export const environment: Record<string, string | undefined> = process.env

/** A setting as `trackable serve --help` shows it: name, default, what is expected, what it decides. */
export type SettingShown = readonly [name: string, absent: string, expected: string, about: string]

const SETTINGS = {
  PORT: ['8787', 'a port from 0 to 65535', 'where it listens'],
  HOST: ['127.0.0.1', 'an address', 'where it listens; others than loopback need DASHBOARD_TOKEN'],
  DATABASE_URL: ['pglite://./trackable-data/db', 'postgres://… or pglite://FOLDER', 'where the tables are'],
  DATABASE_SCHEMA: ['trackable', 'small letters, digits and underscores', 'the schema of the tables'],
  LOG_URL: ['file://./trackable-data/log', 'file://FOLDER', 'where the event log is'],
  LOG_KEEP: ['72h', 'a duration such as 72h', 'how long what is folded stays in the log'],
  FOLD_EVERY: ['1s', 'a duration such as 1s, or off', 'the pause between folds'],
  DEDUP_WINDOW: ['7d', 'a duration such as 72h', 'how long a batch may be under way'],
  WORKERS: ['1', '1', 'processes; more than one are not there yet'],
  BOTS: ['drop', 'drop, count, off', 'machines: drop them, drop and count them by rule, or take them'],
  RATE_LIMIT: ['', 'events a second, or off', 'for each public key and address; off on loopback, else 100'],
  TRUST_PROXY: ['0', 'a whole number from 0 to 10', 'proxies of yours whose X-Forwarded-For is believed'],
  DEAD_LETTERS: ['keep', 'keep, drop', 'what becomes of events that cannot be folded'],
  DASHBOARD_TOKEN: ['', 'a long random text', 'what opens the metrics from elsewhere'],
  ALERT_WEBHOOK: ['', 'an http:// or https:// URL', 'is posted to when an operator is needed'],
  LOG_LEVEL: [
    'info',
    'silent, error, warn, info, debug',
    'how much is said; debug: each refused request too',
  ],
} as const satisfies Record<string, readonly [absent: string, expected: string, about: string]>

type SettingName = keyof typeof SETTINGS

/** Every setting, for people to read. */
export const settingsShown: readonly SettingShown[] = Object.entries(SETTINGS).map(([name, rest]) => [
  name,
  ...rest,
])

/** Flags by their name in small letters. */
export type Flags = Record<string, string | undefined>

/**
 * Reads settings from flags (`{ port: '9000' }`), then environment, then defaults.
 * @throws SettingsError listing every setting that is wrong, with its value and what was expected
 */
export function readSettings(flags: Flags, env = environment): Settings {
  const problems: string[] = []
  const text = (name: SettingName) => flags[name.toLowerCase()] ?? env[name] ?? SETTINGS[name][0]
  const check = <T>(name: SettingName, read: (value: string) => T | undefined): T => {
    const value = text(name)
    const found = read(value)
    // What follows the scheme of a database's URL may be a password.
    const shown = name === 'DATABASE_URL' ? value.replace(/(?<=:\/\/).*/s, '…') : value
    if (found === undefined) problems.push(`${name} is "${shown}"; expected ${SETTINGS[name][1]}`)
    return found as T
  }
  const oneOf = <T extends string>(name: SettingName, allowed: readonly T[]) =>
    check(name, (value) => allowed.find((one) => one === value))
  const logDir = check('LOG_URL', readFileUrl)
  const host = check('HOST', (value) => value || undefined)
  const loopback = LOOPBACK.includes(host)
  const trustProxy = check('TRUST_PROXY', (value) => wholeNumber(value, 0, 10))
  const settings: Settings = {
    port: check('PORT', (value) => wholeNumber(value, 0, 65_535)),
    host,
    loopback,
    configFile: flags.config ?? env.TRACKABLE_CONFIG,
    databaseUrl: check('DATABASE_URL', readDatabaseUrl),
    logDir,
    dataDir: logDir && basename(logDir) === 'log' ? dirname(logDir) : logDir,
    schema: check('DATABASE_SCHEMA', readSchema),
    foldEvery: check('FOLD_EVERY', (value) => (value === 'off' ? null : durationMs(value) || undefined)),
    dedupWindow: check('DEDUP_WINDOW', durationMs),
    logKeep: check('LOG_KEEP', durationMs),
    bots: oneOf('BOTS', ['drop', 'count', 'off']),
    deadLetters: oneOf('DEAD_LETTERS', ['keep', 'drop']),
    trustProxy,
    // Behind a proxy that is not named all visitors would share one address, and on loopback there is but one.
    rateLimit: check('RATE_LIMIT', (value) => readRate(value, loopback && !trustProxy ? null : DEFAULT_RATE)),
    alertWebhook: check('ALERT_WEBHOOK', readWebhook) || undefined,
    logLevel: oneOf('LOG_LEVEL', LOG_LEVELS),
    traces: asksForTraces(env),
    dashboardToken: text('DASHBOARD_TOKEN') || undefined,
  }
  if (text('WORKERS') !== '1') problems.push('WORKERS is not 1; more workers are not there yet')
  const exporter = env.OTEL_TRACES_EXPORTER
  if (exporter && !['otlp', 'none'].includes(exporter))
    problems.push(`OTEL_TRACES_EXPORTER is "${exporter}"; expected otlp or none`)
  problems.push(...contradictions(settings, flags))
  if (problems.length > 0) throw new SettingsError(problems.join('\n'))
  return settings
}

const DEFAULT_RATE = 100

/** As the standard has it: an exporter or a place to send to is named, and nothing says no. */
function asksForTraces(env: Record<string, string | undefined>): boolean {
  if (env.OTEL_SDK_DISABLED === 'true' || env.OTEL_TRACES_EXPORTER === 'none') return false
  return Boolean(
    env.OTEL_TRACES_EXPORTER || env.OTEL_EXPORTER_OTLP_ENDPOINT || env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT,
  )
}

/** What is wrong with settings that are each right by themselves. */
function contradictions(
  { logKeep, dedupWindow, loopback, dashboardToken, host }: Settings,
  { role }: Flags,
): string[] {
  const problems: string[] = []
  if (logKeep > dedupWindow) {
    problems.push(
      'LOG_KEEP is longer than DEDUP_WINDOW; a refold could then count a batch whose id is forgotten',
    )
  }
  if (!loopback && !dashboardToken) {
    problems.push(`HOST is "${host}", which others can reach; set DASHBOARD_TOKEN too`)
  }
  if (role !== undefined && role !== 'all') {
    problems.push(`--role is "${role}"; roles of their own need LOG_URL=nats://…, which is not there yet`)
  }
  return problems
}

/** Null for no limit. */
function readRate(value: string, absent: number | null): number | null | undefined {
  if (value === '') return absent
  return value === 'off' ? null : wholeNumber(value, 1, 1_000_000)
}

function wholeNumber(value: string, least: number, most: number): number | undefined {
  const number = Number(value)
  return /^\d{1,7}$/.test(value) && number >= least && number <= most ? number : undefined
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
