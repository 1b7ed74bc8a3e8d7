import type { FoldDatabase } from '../../apps/collector/src/db/fold-database.ts'

/** A bug that the simulation has to find. */
export type Planted = 'no offset check' | 'answer before the sync' | 'repeats known from a cache'

/** The database as one process sees it, with a bug or without. */
export function withPlanted(database: FoldDatabase, planted: Planted | undefined): FoldDatabase {
  if (planted === 'no offset check') return withoutOffsetCheck(database)
  return planted === 'repeats known from a cache' ? withCachedRepeats(database) : database
}

function withoutOffsetCheck(database: FoldDatabase): FoldDatabase {
  return {
    ...database,
    async commit(input) {
      const row = await database.readLog(input.log)
      return database.commit({ ...input, expected: row?.position ?? null })
    },
  }
}

function withCachedRepeats(database: FoldDatabase): FoldDatabase {
  const seen = new Set<string>()
  return {
    ...database,
    async commit(input) {
      const known = input.batches.filter(({ id }) => seen.has(id))
      if (known.length > 0) {
        return { outcome: 'known', known: known.map(({ position }) => ({ position, again: false })) }
      }
      const outcome = await database.commit({ ...input, batches: [] })
      if (outcome.outcome === 'committed') for (const { id } of input.batches) seen.add(id)
      return outcome
    },
  }
}
