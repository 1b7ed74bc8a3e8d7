import { dirname } from 'node:path'
import type { Config } from '@trackable/dataset'
import { definitionsOf } from '../db/plan.ts'
import { type FolderLock, lockFolder } from '../lock.ts'
import type { Damage } from '../log/event-log.ts'
import { type FileLog, openFileLog } from '../log/file/file-log.ts'
import type { Settings } from '../settings.ts'
import type { Alerts } from '../watch/alerts.ts'

/** What is to be closed again, last first. */
export type Opened = (() => unknown)[]

/** Takes the folders. PGlite has no lock of its own: a second process on its folder would destroy it. */
export async function lockFolders({ dataDir, databaseUrl }: Settings, opened: Opened): Promise<FolderLock> {
  const lock = await lockFolder(dataDir)
  opened.push(() => lock.release())
  const pglite = /^pglite:\/\/(.+)$/.exec(databaseUrl)?.[1]
  if (pglite && dirname(pglite) !== dataDir) {
    const second = await lockFolder(`${pglite}.lock`)
    opened.push(() => second.release())
  }
  return lock
}

/** Opens the event log, and tells of damage that is found in it, now and later. */
export async function openLog({ logDir }: Settings, { datasets }: Config, alerts: Alerts): Promise<FileLog> {
  const onDamage = ({ segment, bytes, reason }: Damage) =>
    alerts.raise(
      'log_damaged',
      `event log: ${bytes} bytes of ${segment} are damaged (${reason}); what could be saved is in ${logDir}/damaged`,
      `${segment} ${reason}`,
    )
  const log = await openFileLog({ dir: logDir, definitions: definitionsOf(datasets), onDamage })
  for (const damage of log.damage) onDamage(damage)
  return log
}
