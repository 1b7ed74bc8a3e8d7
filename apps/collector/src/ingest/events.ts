import { type Dataset, suggestion } from '@trackable/dataset'
import {
  type HashValue,
  isStorable,
  isSubtractable,
  type LoggedInput,
  readerOf,
} from '@trackable/dataset/fold'
import type { RejectCode } from '@trackable/protocol'
import type { LoggedEvent } from '../log/event-log.ts'
import { readParent } from '../parent.ts'
import type { Granted } from './grant.ts'
import { expectedInput } from './inputs.ts'
import { parseTime } from './time.ts'

/** Why one event is rejected. */
export interface Rejection {
  code: RejectCode
  message: string
}

/** Who sends, as far as it decides what an event may be. */
export interface Sender {
  secret: boolean
  /** Datasets of the key; empty for all. */
  datasets: readonly string[]
  /** What a grant adds to what the key may write. */
  granted?: Granted | undefined
  arrival: number
  /** What is added to the times of a public key's events: arrival minus its clock, where they differ by a minute. */
  shift: number
  /** Events of a public key that are older are `too_old`. */
  oldest: number
  /** True under Sec-GPC or DNT: no input of a unique is taken, and nobody is counted as a visitor. */
  private: boolean
}

/** Checks one event from the wire and gives it as the log keeps it, or says why not. */
export type EventReader = (event: unknown, sender: Sender) => LoggedEvent | Rejection

interface FieldRule {
  index: number
  read(value: unknown): LoggedInput | undefined
  unique: boolean
  write: boolean
  /** What a public key may change in one event, for fields that are added to and subtracted from. */
  steps: { decrement: boolean; limit: number } | undefined
}

interface DatasetRule {
  index: number
  dataset: Dataset
  fields: Map<string, FieldRule>
  dimensions: Map<string, { index: number; maxLength: number }>
}

/**
 * Builds the checks for these datasets once; a general validator was measured at half the throughput.
 * @param hash makes elements of the values of uniques: what goes to the log are these
 */
export function createEventReader(datasets: readonly Dataset[], hash: HashValue): EventReader {
  const rules = new Map(datasets.map((dataset, index) => [dataset.name, ruleOf(dataset, index, hash)]))
  return (value, sender) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      return reject('invalid_value', 'the event is no object; expected { dataset, parent, at, fields }')
    }
    const event = value as Record<string, unknown>
    const rule = typeof event.dataset === 'string' ? rules.get(event.dataset) : undefined
    if (!rule) return unknown('unknown_dataset', 'dataset', event.dataset, [...rules.keys()])
    if (!sender.secret && (event.userAgent !== undefined || event.address !== undefined)) {
      return reject('not_public', 'userAgent and address are taken from secret keys only')
    }
    if (sender.datasets.length > 0 && !sender.datasets.includes(rule.dataset.name)) {
      return reject('not_public', `this key may not write dataset "${rule.dataset.name}"`)
    }
    const parent = readParent(rule.dataset.parent, event.parent)
    if (parent === undefined) {
      return reject(
        'invalid_parent',
        `parent is ${show(event.parent)}; expected ${PARENTS[rule.dataset.parent]}`,
      )
    }
    const at = readTime(event.at, sender)
    if (typeof at !== 'number') return at
    const fields = readFields(event.fields, rule, sender, grantedFields(rule, parent, sender))
    if ('code' in fields) return fields
    if (rule.dimensions.size === 0 && event.dimensions === undefined) return [rule.index, parent, at, fields]
    const dimensions = readDimensions(event.dimensions, rule)
    return 'code' in dimensions ? dimensions : [rule.index, parent, at, fields, dimensions]
  }
}

const PARENTS = {
  text: 'text of 1 to 200 characters',
  uuid: 'a UUID',
  bigint: 'a whole number of 64 bits',
}

function ruleOf(dataset: Dataset, index: number, hash: HashValue): DatasetRule {
  const fields = Object.entries(dataset.fields).map(([name, field], i): [string, FieldRule] => [
    name,
    {
      index: i,
      read: readerOf(field, hash),
      unique: field.kind === 'unique',
      write: dataset.public.write.includes(name),
      steps: stepsOf(dataset, name),
    },
  ])
  const dimensions = Object.entries(dataset.dimensions).map(
    ([name, { maxLength }], i) => [name, { index: i, maxLength }] as const,
  )
  return { index, dataset, fields: new Map(fields), dimensions: new Map(dimensions) }
}

function stepsOf({ fields, public: access, limits }: Dataset, name: string): FieldRule['steps'] {
  const field = fields[name]!
  if (!isSubtractable(field.kind)) return undefined
  const units = field.kind === 'sum' ? 10 ** field.scale : 1
  return { decrement: access.decrement.includes(name), limit: limits.incrementPerEvent * units }
}

function readTime(value: unknown, sender: Sender): number | Rejection {
  const said = value === undefined ? sender.arrival - sender.shift : parseTime(value)
  if (said === undefined)
    return reject('invalid_time', `at is ${show(value)}; expected an ISO 8601 time with an offset`)
  if (sender.secret) return said
  const at = Math.min(said + sender.shift, sender.arrival)
  return at < sender.oldest
    ? reject('too_old', `at is ${show(value)}; a public key may not go back so far`)
    : at
}

const NONE: ReadonlySet<string> = new Set()

/** The fields that the sender's grant names for this parent. */
function grantedFields({ dataset }: DatasetRule, parent: string, { granted }: Sender): ReadonlySet<string> {
  return granted?.dataset === dataset.name && granted.parents.has(parent) ? granted.fields : NONE
}

function readFields(
  value: unknown,
  rule: DatasetRule,
  sender: Sender,
  granted: ReadonlySet<string>,
): LoggedInput[] | Rejection {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return reject('invalid_value', `fields is ${show(value)}; expected an object of inputs by field`)
  }
  const inputs: LoggedInput[] = []
  let left = 0
  for (const [name, given] of Object.entries(value)) {
    const field = rule.fields.get(name)
    if (!field) return unknown('unknown_field', 'field', name, [...rule.fields.keys()], inDataset(rule))
    const input = field.read(given)
    if (input === undefined) {
      return reject(
        'invalid_value',
        `field "${name}" is ${show(given)}; expected ${expectedInput(rule.dataset.fields[name]!)}`,
      )
    }
    const refused = sender.secret ? undefined : refusePublic(name, field, input, rule.dataset, granted)
    if (refused) return refused
    // Who asks not to be followed is not; what else the event says still counts.
    if (sender.private && field.unique) left++
    else inputs.push(field.index, input)
  }
  return inputs.length + left > 0
    ? inputs
    : reject('invalid_value', 'fields is empty; an event carries at least one input')
}

function refusePublic(
  name: string,
  field: FieldRule,
  input: LoggedInput,
  dataset: Dataset,
  granted: ReadonlySet<string>,
): Rejection | undefined {
  // Guarantee 7. Tested in doors.test.ts, "a public key writes what is public or granted, and nothing else".
  if (!field.write && !granted.has(name))
    return reject('not_public', `field "${name}" may not be written by a public key without a grant`)
  if (!field.steps) return undefined
  const size = Number(input)
  if (size < 0 && !field.steps.decrement)
    return reject('not_public', `field "${name}" may not be decremented by a public key`)
  if (Math.abs(size) <= field.steps.limit) return undefined
  const most = dataset.limits.incrementPerEvent
  return reject(
    'over_limit',
    `field "${name}" changes by more than ${most}, the most for one event of a public key`,
  )
}

function readDimensions(value: unknown, rule: DatasetRule): string[] | Rejection {
  const values = new Array<string>(rule.dimensions.size).fill('')
  if (value === undefined) return values
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return reject('invalid_value', `dimensions is ${show(value)}; expected an object of text by dimension`)
  }
  for (const [name, given] of Object.entries(value)) {
    const dimension = rule.dimensions.get(name)
    if (!dimension) {
      return unknown('unknown_dimension', 'dimension', name, [...rule.dimensions.keys()], inDataset(rule))
    }
    const fits =
      typeof given === 'string' &&
      (given.length <= dimension.maxLength || given === '(other)' || [...given].length <= dimension.maxLength)
    if (!fits || !isStorable(given)) {
      return reject(
        'invalid_value',
        `dimension "${name}" is ${show(given)}; expected text of at most ${dimension.maxLength} characters`,
      )
    }
    values[dimension.index] = given
  }
  return values
}

function unknown(code: RejectCode, what: string, given: unknown, allowed: string[], within = ''): Rejection {
  // What is no text may not become one either: `{ "toString": 1 }` throws, and the batch would come back for ever.
  const said = typeof given === 'string' ? given : ''
  return reject(code, `no ${what} ${show(given)}${within}; ${suggestion(said, allowed)}`)
}

function inDataset({ dataset }: DatasetRule): string {
  return ` in dataset "${dataset.name}"`
}

function reject(code: RejectCode, message: string): Rejection {
  return { code, message }
}

function show(value: unknown): string {
  if (typeof value === 'number') return String(value)
  return JSON.stringify(value)?.slice(0, 60) ?? 'missing'
}
