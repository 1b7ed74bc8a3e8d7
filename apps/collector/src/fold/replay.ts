import type { Dataset } from '@trackable/dataset'
import { commitReplay, createFoldDatabase } from '../db/commit.ts'
import type { Db } from '../db/connect.ts'
import { type Letters, type ReplayLetter, readLetters } from '../db/dead-letters.ts'
import type { LoggedEvent } from '../log/event-log.ts'
import { holdsEvent } from './dead-letter.ts'
import { createDimensionValues } from './dimension-values.ts'
import { createGroup } from './group.ts'
import { ontoStates } from './onto-states.ts'
import { isAboutEvent } from './poison.ts'
import { createResolver, type ResolvedEvent } from './resolve.ts'

/** What became of a replay: letters that count now, and letters that cannot be folded still. */
export interface Replayed {
  replayed: number
  left: number
}

const LETTERS_A_STATEMENT = 1000

type Ready = ReplayLetter & { resolved: ResolvedEvent }

/** Folds dead letters after all, under today's definitions. Each leaves and counts in one statement, or stays. */
export async function replayLetters(
  db: Db,
  schema: string,
  datasets: readonly Dataset[],
  letters: Letters,
): Promise<Replayed> {
  const resolve = createResolver(datasets)
  const database = createFoldDatabase(db, schema)
  const values = createDimensionValues(datasets)
  const done: Replayed = { replayed: 0, left: 0 }

  async function fold(ready: Ready[]): Promise<void> {
    if (ready.length === 0) return
    values.reload(await database.readDimensionValues())
    const proposal = values.propose()
    const group = createGroup(datasets)
    try {
      for (const { resolved, arrival } of ready) {
        group.add(proposal.admitted(resolved), arrival)
        proposal.take()
      }
      const ids = ready.map(({ id }) => id)
      const values = proposal.proposed()
      await ontoStates(database, group.deltas(), (tables) =>
        commitReplay(db, schema, ready[0]!.log, { ids, values, tables }),
      )
      done.replayed += ready.length
    } catch (error) {
      if (!isAboutEvent(error)) throw error
      if (ready.length === 1) {
        done.left++
        return
      }
      const middle = Math.ceil(ready.length / 2)
      await fold(ready.slice(0, middle))
      await fold(ready.slice(middle))
    }
  }

  for (let after = '0'; ; ) {
    const found = await readLetters(db, schema, letters, after, LETTERS_A_STATEMENT)
    if (found.length === 0) return done
    after = found.at(-1)!.id
    const ready = found.flatMap((letter): Ready[] => {
      if (!holdsEvent(letter)) return []
      const resolved = resolve(letter.logged as LoggedEvent, [letter.definition])
      return 'code' in resolved ? [] : [{ ...letter, resolved }]
    })
    done.left += found.length - ready.length
    for (const log of new Set(ready.map((letter) => letter.log)))
      await fold(ready.filter((letter) => letter.log === log))
  }
}
