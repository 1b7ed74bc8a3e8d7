import type { Dataset } from '@trackable/dataset'
import type { Db } from '../db/connect.ts'
import type { FoldDatabase } from '../db/fold-database.ts'
import { type Differences, missingInLedger, verifyBuckets, verifyControl, verifyLogs } from '../db/verify.ts'
import type { Entry, EventLog } from '../log/event-log.ts'

/** What a verification reads. The log is left out where the command reaches the database alone. */
export interface VerifyOptions {
  db: Db
  schema: string
  datasets: readonly Dataset[]
  database: FoldDatabase
  log: EventLog | undefined
}

const READ_BYTES = 4 * 1024 * 1024

/**
 * Checks the tables: against the control sums that each commit keeps, totals against buckets, counts against each
 * other, and every folded record that the log still keeps against the ledger. Gives what differs.
 */
export async function verify({ db, schema, datasets, database, log }: VerifyOptions): Promise<Differences> {
  return [
    ...(await verifyControl(db, schema, datasets)),
    ...(await verifyBuckets(db, schema, datasets)),
    ...(await verifyLogs(db, schema)),
    ...(log ? await verifyLedger(db, schema, database, log) : []),
  ]
}

async function verifyLedger(
  db: Db,
  schema: string,
  database: FoldDatabase,
  log: EventLog,
): Promise<Differences> {
  const offset = (await database.readLog(log.id))?.position
  if (!offset || (await log.view(offset)).place !== 'kept') return []
  const differences: Differences = []
  for (let after: string | null = null; after !== offset; ) {
    const read: Entry[] = await log.read(after, READ_BYTES)
    const end = read.findIndex(({ position }) => position === offset)
    const folded = end === -1 ? read : read.slice(0, end + 1)
    if (folded.length === 0) break
    after = folded.at(-1)!.position
    const records = folded.map(({ batch, position }) => ({ id: batch.id, position, import: batch.import }))
    for (const position of await missingInLedger(db, schema, log.id, records)) {
      differences.push(`the batch at ${position} is behind the offset, and the ledger does not know it`)
    }
  }
  return differences
}
