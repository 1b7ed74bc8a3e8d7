import { isAggregateFailure } from './aggregates/custom.ts'
import type { Distribution } from './aggregates/distribution.ts'
import { aggregateOf, stateTextOf } from './aggregates/index.ts'
import type { Observed } from './aggregates/last.ts'
import { decimalOf } from './aggregates/sum.ts'
import type { Field } from './field.ts'
import { jsonText } from './json.ts'

/** A state as each of its columns holds it, as text; null for SQL's. In the order of `KIND_COLUMNS`. */
export function columnTexts(field: Field, state: unknown): (string | null)[] {
  const number = (value: number | null) => (value === null ? null : String(value))
  const result = () => aggregateOf(field).result(state)
  switch (field.kind) {
    case 'counter':
      return [String(state)]
    case 'sum':
      return [decimalOf(state as number, field.scale)]
    case 'min':
    case 'max':
      return [number(state as number | null)]
    case 'last': {
      const observed = state as Observed | null
      return observed ? [String(observed.value), new Date(observed.at).toISOString()] : [null, null]
    }
    case 'unique':
      return [`\\x${stateTextOf(field)!.write(state)}`, String(result())]
    case 'distribution': {
      const shown = result() as Distribution
      const quantiles = [0.5, 0.9, 0.99].map((q) => number(shown.quantile(q)))
      return [`\\x${stateTextOf(field)!.write(state)}`, ...addedToDistribution(shown), ...quantiles]
    }
    case 'custom':
      return [stateTextOf(field)!.write(state), resultText(result)]
  }
}

/** A result that fails is null beside its state, which is kept: nothing that was counted is lost by it. */
function resultText(result: () => unknown): string | null {
  try {
    const shown = result()
    return shown === null ? null : jsonText(shown)
  } catch (error) {
    if (!isAggregateFailure(error)) throw error
    return null
  }
}

/**
 * What a state adds to the columns that Postgres merges although the kind has a state of its own: count, sum and
 * extremes of a distribution; null for the columns that are replaced.
 */
export function addedTexts(field: Field, state: unknown): (string | null)[] {
  if (field.kind !== 'distribution') return []
  return [null, ...addedToDistribution(aggregateOf(field).result(state)), null, null, null]
}

function addedToDistribution({ count, sum, min, max }: Distribution): (string | null)[] {
  return [String(count), sum, min === null ? null : String(min), max === null ? null : String(max)]
}
