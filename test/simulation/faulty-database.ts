import { RETRY_STATE } from '../../apps/collector/src/db/commit-sql.ts'
import type { CommitInput, FoldDatabase } from '../../apps/collector/src/db/fold-database.ts'
import type { MemoryFoldDatabase } from '../../apps/collector/src/db/memory.ts'
import { type Life, never } from './crashing-log.ts'
import type { Faults } from './faults.ts'
import type { World } from './world.ts'

/** The database server: one for all collectors. */
export interface Server {
  database: MemoryFoldDatabase
  down: boolean
}

/** A process's way to the database. */
export interface Link extends FoldDatabase {
  /** Any other statement, over the same way. */
  ask<T>(name: string, statement: () => T | Promise<T>): Promise<T>
}

const CONTENDED = [RETRY_STATE, '40P01', '40001', '55P03']

/**
 * Connects a process to the server. Statements and answers take a while and get lost; a statement that is under way
 * when its process dies may still be done.
 */
export function connectTo(
  world: World,
  { server, database, life, faults }: { server: Server; database: FoldDatabase; life: Life; faults: Faults },
): Link {
  async function ask<T>(name: string, statement: () => T | Promise<T>): Promise<T> {
    await world.sleep(world.between(0, 30))
    if (!life.alive && world.chance(0.5)) return never()
    if (server.down) throw failure('08001', `${name}: nobody answers`)
    if (world.chance(faults.refused)) throw failure('57P01', `${name}: the connection was terminated`)
    if (name === 'commit' && world.chance(faults.contention)) {
      throw failure(world.pick(CONTENDED), 'another folder was first')
    }
    const answer = await statement()
    await world.sleep(world.between(0, 30))
    if (!life.alive) return never()
    if (world.chance(faults.commitLost)) throw failure('08006', `${name}: the answer was lost`)
    return answer
  }
  return {
    ask,
    commit: (input: CommitInput) => ask('commit', () => database.commit(input)),
    probe: (input) => ask('probe', () => database.probe(input)),
    readStates: (tables) => ask('readStates', () => database.readStates(tables)),
    readLog: (log) => ask('readLog', () => database.readLog(log)),
    readDimensionValues: () => ask('readDimensionValues', () => database.readDimensionValues()),
  }
}

function failure(code: string, message: string): Error {
  return Object.assign(new Error(message), { code })
}
