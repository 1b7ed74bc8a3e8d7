import {
  aggregateOf,
  type FieldAggregate,
  readState,
  type StateText,
  stateTextOf,
  type TableLayout,
} from '@trackable/dataset/fold'
import type { FoldDatabase, RowDelta, StoredStates, TableRows } from '../db/fold-database.ts'
import { hasStates } from '../db/fold-sql.ts'

/**
 * Does something with deltas that are merged onto the states that their rows have now; again, as long as another
 * folder changed one of them meanwhile.
 * @throws what a `custom()` field throws when it merges, and where a stored state cannot be read: `isAggregateFailure`
 */
export async function ontoStates<Outcome extends { outcome: string }>(
  database: Pick<FoldDatabase, 'readStates'>,
  tables: readonly TableRows[],
  act: (tables: TableRows[]) => Promise<Outcome>,
): Promise<Exclude<Outcome, { outcome: 'stale' }>> {
  const there = tables.some(({ layout }) => hasStates(layout))
  for (;;) {
    const stored = there ? await database.readStates(tables) : []
    const result = await act(tables.map((table, i) => merged(table, stored[i] ?? [])))
    if (result.outcome !== 'stale') return result as Exclude<Outcome, { outcome: 'stale' }>
  }
}

interface Merged {
  aggregate: FieldAggregate
  text: StateText<any>
  field: number
}

function merged({ layout, rows }: TableRows, stored: readonly (StoredStates | undefined)[]): TableRows {
  if (stored.length === 0) return { layout, rows }
  const kept = layout.fields.flatMap(({ definition }, field): Merged[] => {
    const text = stateTextOf(definition)
    return text ? [{ aggregate: aggregateOf(definition), text, field }] : []
  })
  return { layout, rows: rows.map((row, i) => onto(row, stored[i], kept, layout)) }
}

function onto(
  row: RowDelta,
  stored: StoredStates | undefined,
  kept: readonly Merged[],
  { name, bucket: isBucket, fields }: TableLayout,
): RowDelta {
  const { parent, bucket, dimensions, states } = row
  if (!stored) return { parent, bucket, dimensions, states }
  const whole: unknown[] = []
  kept.forEach(({ aggregate, text, field }, i) => {
    const place = () => {
      const key = [parent, ...(isBucket ? [new Date(bucket).toISOString()] : []), ...dimensions]
      return `${name}.${fields[field]!.column} of ${JSON.stringify(key)}`
    }
    whole[field] = aggregate.merge(readState(text, stored.states[i]!, place), states[field])
  })
  return { parent, bucket, dimensions, states, onto: { hash: stored.hash, states: whole } }
}
