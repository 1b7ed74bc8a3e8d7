import { execFile } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** What the tests read of a package's manifest. */
export interface Manifest {
  name: string
  private?: boolean
  bin?: Record<string, string>
  exports: Record<string, string | Record<string, unknown>>
  dependencies?: Record<string, string>
  peerDependencies?: Record<string, string>
}

/** A package of this workspace that is published. */
export interface Publishable {
  folder: string
  manifest: Manifest
  /** Entry points with code, such as `@trackable/dataset/fold`. */
  entries: string[]
  /** Those that can be required from CommonJS. */
  commonJs: string[]
}

/** Every package of the workspace that is not private. */
export function publishablePackages(): Publishable[] {
  return ['packages', 'apps']
    .flatMap((below) => readdirSync(join(ROOT, below)).map((name) => join(ROOT, below, name)))
    .filter((folder) => existsSync(join(folder, 'package.json')))
    .map((folder) => describePackage(folder))
    .filter(({ manifest }) => !manifest.private)
}

function describePackage(folder: string): Publishable {
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest
  const entries = Object.entries(manifest.exports ?? {}).filter(([path]) => path !== './package.json')
  const nameOf = ([path]: [string, unknown]) => manifest.name + path.slice(1)
  const commonJs = entries.filter(([, conditions]) => JSON.stringify(conditions).includes('"require"'))
  return { folder, manifest, entries: entries.map(nameOf), commonJs: commonJs.map(nameOf) }
}

/** Packs a package as it would be published, into a folder, and gives the path of the tarball. */
export async function pack({ folder, manifest }: Publishable, into: string): Promise<string> {
  if (!existsSync(join(folder, 'dist'))) throw new Error(`${folder} is not built; run "npm run build" first`)
  const pnpm = join(ROOT, 'node_modules', '.bin', 'pnpm')
  await run(pnpm, ['pack', '--pack-destination', into], folder)
  const prefix = `${manifest.name.replace('@', '').replace('/', '-')}-`
  const tarball = readdirSync(into).find((name) => name.startsWith(prefix) && name.endsWith('.tgz'))
  if (!tarball) throw new Error(`packing ${manifest.name} left no ${prefix}….tgz in ${into}`)
  return join(into, tarball)
}

/** Runs a program to its end and gives what it printed. @throws Error with that where it fails */
export async function run(program: string, args: readonly string[], cwd: string): Promise<string> {
  const options = { cwd, maxBuffer: 64 * 1024 * 1024 }
  try {
    const { stdout, stderr } = await promisify(execFile)(program, args, options)
    return stdout + stderr
  } catch (cause) {
    const { stdout, stderr } = cause as { stdout: string; stderr: string }
    throw new Error(`${[program, ...args].join(' ')} failed in ${cwd}: ${stdout}${stderr}`, { cause })
  }
}
