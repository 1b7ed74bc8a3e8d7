import { access, readdir, readFile, rm, stat, statfs, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Finding } from '../db/examine.ts'
import { reasonOf } from '../report.ts'
import type { Settings } from '../settings.ts'
import { fail, ok, warn } from './finding.ts'

const LITTLE_SPACE = 1024 ** 3
/** File systems by the number that the kernel has for them. */
const UNSAFE: Record<number, string> = {
  16914836: 'in memory: a restart of the machine empties it',
  2240043254: 'in memory: a restart of the machine empties it',
  26985: 'on a network: what is synced there may not be on a disk',
  4283649346: 'on a network: what is synced there may not be on a disk',
  4266872130: 'on a network: what is synced there may not be on a disk',
}
const MIRRORS = ['keys.json', 'secret.json', 'spiders.json']

/** The folder of the log: there, writable, whole. */
export async function checkLog({ logDir }: Settings): Promise<Finding[]> {
  const found = await stat(logDir).catch(() => undefined)
  if (!found) return [ok('log', `${logDir} is not there yet; it is made at the first start`)]
  if (!found.isDirectory())
    return [fail('log', `${logDir} is not a folder`, 'move it away, or name another in LOG_URL')]
  const probe = join(logDir, `.doctor-${process.pid}`)
  try {
    await writeFile(probe, '')
    await rm(probe)
  } catch (error) {
    const cure = 'give the folder to the user that runs the collector (chown), and mount its disk writable'
    return [fail('log', `nothing can be written: ${reasonOf(error)}`, cure)]
  }
  const names = await readdir(logDir)
  const segments = names.filter((name) => name.endsWith('.log')).length
  const damaged = names.includes('damaged') ? await readdir(join(logDir, 'damaged')) : []
  const findings = [ok('log', `segments: ${segments}, in ${logDir}`)]
  if (damaged.length > 0) {
    const where = join(logDir, 'damaged')
    const message = `${damaged.length} damaged pieces are set aside in ${where}`
    findings.push(warn('log', message, 'check the disk; delete them once you have looked'))
  }
  return findings
}

/** What is mirrored beside the log: a collector does not start with one that it cannot read. */
export async function checkMirrors({ dataDir }: Settings): Promise<Finding[]> {
  const findings: Finding[] = []
  for (const name of MIRRORS) {
    const path = join(dataDir, name)
    const text = await readFile(path, 'utf8').catch(() => undefined)
    if (text !== undefined && !isList(text)) {
      const cure = `delete ${path} and start again: it is made anew from the database`
      findings.push(fail('mirror', `${path} is no list`, cure))
    }
  }
  return findings
}

function isList(text: string): boolean {
  try {
    return Array.isArray(JSON.parse(text))
  } catch {
    return false
  }
}

/** The disk of the log: what it is, and how much room it has. */
export async function checkDisk({ logDir, dataDir }: Settings): Promise<Finding[]> {
  const { bavail, bsize, type } = await statfs(await firstThere(logDir, dataDir, dirname(dataDir)))
  const free = bavail * bsize
  const message = `${(free / 1024 ** 2).toFixed(0)} MiB free for ${logDir}`
  const findings = [
    free < LITTLE_SPACE ? warn('disk', message, 'make room before the log refuses') : ok('disk', message),
  ]
  const unsafe = UNSAFE[type]
  if (unsafe)
    findings.push(warn('disk', `${logDir} is ${unsafe}`, 'name a folder on a local disk in LOG_URL'))
  return findings
}

async function firstThere(...folders: string[]): Promise<string> {
  for (const folder of folders) {
    const there = await access(folder).then(
      () => true,
      () => false,
    )
    if (there) return folder
  }
  return '.'
}
