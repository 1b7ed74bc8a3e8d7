// The habits of this repository, for a machine that has only Node and npm: `node run.mjs` lists them.
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { delimiter, dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const ROOT = dirname(fileURLToPath(import.meta.url))
const BIN = join(ROOT, 'node_modules', '.bin')
const RESULTS = join(ROOT, 'node_modules', '.results')
const INSTALLED = join(ROOT, 'node_modules', '.installed')
const DATA = join(ROOT, 'trackable-data')
const COLLECTOR = 'apps/collector/dist/main.js'
const CONFIG = 'apps/demo/trackable.config.ts'
const TESTED = ['unit', 'simulation', 'house', 'end-to-end', 'faults', 'browser']
const WINDOWS = process.platform === 'win32'
const ENV = {
  ...process.env,
  PATH: BIN + delimiter + (process.env.PATH ?? ''),
  TURBO_TELEMETRY_DISABLED: '1',
}

const COMMANDS = {
  start: ['installs, builds, starts the collector and the demo site', () => start([])],
  dev: ['the same, building and starting again whenever a source changes', () => start(['--watch'])],
  test: ['installs, builds, runs the tests', test],
  suite: ['runs suites of tests by name, such as `suite unit`', (names) => runSuites(names)],
  types: ['checks the types of every package', types],
}

/** What went wrong and what to do, in one sentence: nothing is added to it but the exit code 1. */
class Failure extends Error {}

function heading(text) {
  console.log(`\n▸ ${text}`)
}

const running = new Set()

/** Starts a program here; what it prints is kept for errors and passed on: reports in JSON as sentences, after its name if any. */
function launch(program, args, { env, name } = {}) {
  const child = spawn(program, args, {
    cwd: ROOT,
    env: { ...ENV, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    shell: WINDOWS && program !== process.execPath,
    // In a group of its own, so that Ctrl-C reaches it once, from here.
    detached: !WINDOWS,
  })
  const app = { child, name, printed: '', over: false }
  const pass = (to) => (text) => {
    app.printed = (app.printed + text).slice(-100_000)
    const said = text.replace(/^\{"level":.*\}$/gm, (line) => JSON.parse(line).message)
    to.write(name ? said.replace(/^(?=.)/gm, `${name.padEnd(9)} │ `) : text)
  }
  child.stdout.setEncoding('utf8').on('data', pass(process.stdout))
  child.stderr.setEncoding('utf8').on('data', pass(process.stderr))
  running.add(app)
  app.ended = new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message))
    child.once('close', (code, signal) => resolve(code ?? signal))
  }).finally(() => {
    app.over = true
    running.delete(app)
  })
  return app
}

function signalGroup({ child }, signal) {
  try {
    if (child.pid) process.kill(WINDOWS ? child.pid : -child.pid, signal)
  } catch {
    // The group has ended in the meantime.
  }
}

async function stopAll() {
  const apps = [...running]
  for (const app of apps) signalGroup(app, 'SIGTERM')
  await Promise.race([Promise.all(apps.map(({ ended }) => ended)), sleep(15_000)])
  for (const app of apps) if (!app.over) signalGroup(app, 'SIGKILL')
}

let stopping = false
function stopOnSignals(exitCode) {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, async () => {
      if (stopping) return
      stopping = true
      console.log('\nstopping …')
      await stopAll()
      process.exit(exitCode)
    })
  }
}

/** What an installation depends on; where it is that of the last one, there is nothing to do. */
function wanted() {
  const lock = readFileSync(join(ROOT, 'pnpm-lock.yaml'))
  return `${createHash('sha256').update(lock).digest('hex')} ${process.platform} ${process.versions.modules}`
}

function packages() {
  const below = (folder) =>
    existsSync(join(ROOT, folder)) ? readdirSync(join(ROOT, folder)).map((name) => `${folder}/${name}`) : []
  return [...below('packages'), ...below('apps'), 'test'].filter((path) =>
    existsSync(join(ROOT, path, 'package.json')),
  )
}

const INSTALL_FAILURES = [
  [/^spawn npx ENOENT/, 'npx is not on the PATH; install npm, which comes with Node.'],
  [/ENOSPC/, 'The disk is full; make room and run this again.'],
  [
    /ENOTFOUND|EAI_AGAIN|ECONN|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH/,
    'The npm registry cannot be reached; check the network or the proxy, and run this again.',
  ],
]

async function install() {
  if (existsSync(INSTALLED) && readFileSync(INSTALLED, 'utf8') === wanted()) return
  const { packageManager } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
  heading(`Installing dependencies with ${packageManager} (once; about a minute)`)
  // CI=true: without it the package manager may ask a question that nobody here can answer.
  const args = ['--yes', packageManager, 'install', '--frozen-lockfile']
  const npx = launch('npx', args, { env: { CI: 'true' } })
  const code = await npx.ended
  const known = INSTALL_FAILURES.find(([sign]) => sign.test(`${code} ${npx.printed}`))
  if (code !== 0) throw new Failure(known?.[1] ?? `Installing failed (${code}); the lines above say why.`)
  writeFileSync(INSTALLED, wanted())
}

async function build() {
  heading('Building every package (seconds where nothing changed)')
  const code = await launch(join(BIN, 'turbo'), ['run', 'build', '--output-logs=errors-only']).ended
  if (code !== 0) throw new Failure(`The build failed with code ${code}; the lines above say where.`)
}

async function start(watch) {
  const port = portOf('PORT', 8787)
  const demoPort = portOf('DEMO_PORT', port + 1)
  await Promise.all([needPort(port, 'PORT'), needPort(demoPort, 'DEMO_PORT')])
  await install()
  await build()
  mkdirSync(DATA, { recursive: true, mode: 0o700 })

  const url = `http://127.0.0.1:${port}`
  heading(`Starting the collector on ${url}`)
  const serve = [...watch, COLLECTOR, 'serve', '--config', CONFIG]
  const apps = [watchSources(watch), launchApp('collector', serve, { PORT: String(port) })].flat()
  await answers(`${url}/readyz`, 'collector', apps)
  const key = await writeKey(url)

  const demoUrl = `http://127.0.0.1:${demoPort}`
  heading(`Starting the demo site on ${demoUrl}`)
  const demo = { PORT: String(demoPort), COLLECTOR: url, WRITE_KEY: key }
  apps.push(launchApp('demo', [...watch, 'apps/demo/dist/main.js'], demo))
  await answers(demoUrl, 'demo site', apps)
  showWhereToLook(url, demoUrl)
  await Promise.race(
    apps.map(async ({ name, ended }) => {
      throw new Failure(`The ${name} ended (${await ended}); its last lines above say why.`)
    }),
  )
}

function launchApp(name, args, env) {
  return launch(process.execPath, args, { env, name })
}

function watchSources(watch) {
  if (watch.length === 0) return []
  const args = ['watch', 'build', '--output-logs=errors-only']
  return [launch(join(BIN, 'turbo'), args, { name: 'build' })]
}

function showWhereToLook(url, demoUrl) {
  heading('Running. Ctrl-C stops both.')
  console.log(`
  The demo site   ${demoUrl}      read an article, click, and see the counts change
  The collector   ${url}      takes the events and folds them into tables
  In a terminal   node ${COLLECTOR} query article --top impressions
                  node ${COLLECTOR} log status
  The data        ${DATA}
`)
}

function portOf(name, otherwise) {
  const text = process.env[name]
  if (!text) return otherwise
  if (/^\d+$/.test(text) && Number(text) > 0 && Number(text) < 65_536) return Number(text)
  throw new Failure(
    `${name} is ${JSON.stringify(text)}; expected a port from 1 to 65535, such as ${name}=${otherwise}.`,
  )
}

async function needPort(port, variable) {
  const server = createServer()
  const error = await new Promise((resolve) => {
    server.once('error', resolve)
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(undefined)))
  })
  const other = `${variable}=${port + 1000} npm start`
  if (error?.code === 'EADDRINUSE') {
    throw new Failure(`Port ${port} is taken; stop the program that has it, or choose another: ${other}`)
  }
  if (error) throw new Failure(`Port ${port} cannot be opened (${error.code}); choose another: ${other}`)
}

async function answers(url, name, apps) {
  for (const end = Date.now() + 60_000; Date.now() < end; await sleep(100)) {
    const dead = apps.find(({ over }) => over)
    if (dead) throw new Failure(`The ${dead.name} ended before it was ready; its last lines above say why.`)
    const answer = await fetch(url).catch(() => undefined)
    if (answer?.status === 200) return
  }
  throw new Failure(`The ${name} did not answer at ${url} within a minute; its lines above say why.`)
}

/** The demo's public key: the saved one where the collector still knows it, otherwise a new one. */
async function writeKey(url) {
  const file = join(DATA, 'demo-key.json')
  const saved = existsSync(file) && /"key":\s*"(\w+)"/.exec(readFileSync(file, 'utf8'))?.[1]
  if (saved && (await isKnown(url, saved))) return saved
  const create = [COLLECTOR, 'keys', 'create', '--kind', 'write', '--dataset', 'article', '--json']
  const made = spawnSync(process.execPath, create, { cwd: ROOT, env: ENV, encoding: 'utf8' })
  if (made.status !== 0) throw new Failure(`No write key could be created: ${made.stderr.trim()}`)
  writeFileSync(file, made.stdout, { mode: 0o600 })
  return JSON.parse(made.stdout).key
}

async function isKnown(url, key) {
  // Opened in 1970, the batch is refused as expired where the key is known, and counts nothing.
  const event = {
    dataset: 'article',
    parent: '1',
    at: '1970-01-01T00:00:00.000Z',
    fields: { impressions: 1 },
  }
  const batch = { v: 1, id: '00000000-0000-7000-8000-000000000000', key, sentAt: new Date(), events: [event] }
  const { status } = await fetch(`${url}/v1/batches`, { method: 'POST', body: JSON.stringify(batch) })
  return status !== 401
}

async function test() {
  await install()
  await build()
  await runSuites(TESTED)
}

async function runSuites(names) {
  if (names.length === 0) throw new Failure('Name a suite, such as unit; vitest.config.ts lists them.')
  const failed = []
  for (const name of names) {
    heading(`Testing: ${name}`)
    const outputs = [
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${join(RESULTS, `${name}.json`)}`,
    ]
    const code = await launch(join(BIN, 'vitest'), ['run', '--project', name, ...outputs]).ended
    if (code !== 0) failed.push(name)
  }
  if (failed.length > 0) throw new Failure(`Tests failed in ${failed.join(', ')}; the lines above say which.`)
}

async function types() {
  const failed = []
  for (const path of packages().filter((path) => existsSync(join(ROOT, path, 'tsconfig.json')))) {
    console.log(`types of ${path}`)
    const code = await launch(join(BIN, 'tsc'), ['-p', path]).ended
    if (code !== 0) failed.push(path)
  }
  if (failed.length > 0)
    throw new Failure(`Types are wrong in ${failed.join(', ')}; the lines above say where.`)
}

async function main([name, ...args]) {
  if (Number(process.versions.node.split('.')[0]) < 20) {
    throw new Failure(`This is Node ${process.versions.node}; install Node 20 or newer and run this again.`)
  }
  const command = Object.hasOwn(COMMANDS, name ?? '') ? COMMANDS[name] : undefined
  stopOnSignals(name === 'start' || name === 'dev' ? 0 : 130)
  if (command) return command[1](args)
  for (const [each, [what]] of Object.entries(COMMANDS)) console.log(`node run.mjs ${each.padEnd(6)} ${what}`)
  if (name) throw new Failure(`There is no command ${JSON.stringify(name)}.`)
}

try {
  await main(process.argv.slice(2))
} catch (error) {
  // While a signal stops everything, whatever ends is no failure.
  if (!stopping) {
    await stopAll()
    console.error(error instanceof Failure ? `\n✗ ${error.message}` : error)
    process.exit(1)
  }
}
