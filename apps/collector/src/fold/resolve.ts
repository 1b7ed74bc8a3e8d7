import type { Dataset } from '@trackable/dataset'
import { convertInput, type LoggedInput } from '@trackable/dataset/fold'
import type { DeadCode } from '@trackable/protocol'
import type { Definitions, LoggedEvent } from '../log/event-log.ts'

/** An event in terms of today's definitions: indexes into the dataset's fields and its dimensions in order. */
export interface ResolvedEvent {
  dataset: number
  parent: string
  at: number
  /** Index and input in turn. */
  fields: LoggedInput[]
  dimensions: string[]
}

/** Why an event that was accepted cannot be folded. */
export interface Dead {
  code: DeadCode
  message: string
}

interface Mapping {
  dataset: number
  /** True where fields and dimensions are declared as they were: nothing is to be converted. */
  same: boolean
  /** By logged field index: today's index and how its input is brought there; undefined where it is gone. */
  fields: ({ index: number; convert(input: LoggedInput): LoggedInput | undefined } | undefined)[]
  /** By today's dimension: the logged index, −1 where it was not there yet. */
  dimensions: number[]
  dimensionsGone: boolean
}

/**
 * Brings logged events to today's definitions. An event of a dataset, field or dimension that is gone, or whose
 * digits no longer fit, is dead with `definition_changed`.
 */
export function createResolver(datasets: readonly Dataset[]) {
  const mappings = new WeakMap<Definitions, (Mapping | undefined)[]>()

  function mappingsOf(definitions: Definitions): (Mapping | undefined)[] {
    let known = mappings.get(definitions)
    if (!known) {
      known = (definitions as Dataset[]).map((logged) => mappingOf(logged, datasets))
      mappings.set(definitions, known)
    }
    return known
  }

  return (event: LoggedEvent, definitions: Definitions): ResolvedEvent | Dead => {
    const [logged, parent, at, fields, dimensions = []] = event
    const mapping = mappingsOf(definitions)[logged]
    if (!mapping) return changed(`dataset ${(definitions[logged] as Dataset).name} is no longer declared so`)
    if (mapping.same && dimensions.length === mapping.dimensions.length) {
      return { dataset: mapping.dataset, parent, at, fields, dimensions }
    }
    const inputs: LoggedInput[] = []
    for (let i = 0; i < fields.length; i += 2) {
      const field = mapping.fields[fields[i] as number]
      const input = field?.convert(fields[i + 1] as LoggedInput)
      if (!field || input === undefined) return changed(`a field of the event is no longer declared so`)
      inputs.push(field.index, input)
    }
    if (mapping.dimensionsGone) return changed('a dimension of the event is no longer declared')
    return {
      dataset: mapping.dataset,
      parent,
      at,
      fields: inputs,
      dimensions: mapping.dimensions.map((index) => dimensions[index] ?? ''),
    }
  }
}

function changed(message: string): Dead {
  return { code: 'definition_changed', message }
}

function mappingOf(logged: Dataset, datasets: readonly Dataset[]): Mapping | undefined {
  const index = datasets.findIndex(({ name }) => name === logged.name)
  const dataset = datasets[index]
  if (!dataset || dataset.parent !== logged.parent) return undefined
  const names = Object.keys(dataset.fields)
  const loggedDimensions = Object.keys(logged.dimensions)
  return {
    dataset: index,
    same: JSON.stringify(declared(logged)) === JSON.stringify(declared(dataset)),
    fields: Object.entries(logged.fields).map(([name, from]) => {
      const to = Object.hasOwn(dataset.fields, name) ? dataset.fields[name] : undefined
      if (!to) return undefined
      return { index: names.indexOf(name), convert: (input) => convertInput(from, to, input) }
    }),
    dimensions: Object.keys(dataset.dimensions).map((name) => loggedDimensions.indexOf(name)),
    dimensionsGone: loggedDimensions.some((name) => !Object.hasOwn(dataset.dimensions, name)),
  }
}

/** What the indexes of an event mean. */
function declared({ fields, dimensions }: Dataset): unknown[] {
  return [Object.entries(fields), Object.keys(dimensions)]
}
