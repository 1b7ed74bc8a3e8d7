import { createHash } from 'node:crypto'
import { type ImportPart, uuidv8 } from '@trackable/protocol'

const LONGEST_NAME = 200

/** A batch of an import that will never change: its id is derived from all of it. */
export interface SealedBatch {
  id: string
  part: ImportPart
  /** The events of the wire as one JSON array. */
  events: string
}

/**
 * Seals a batch. The same rows of the same import under the same mapping give the same id, on any machine and in
 * any run, which is what makes a repeated run count nothing.
 */
export function sealBatch(part: ImportPart, events: readonly string[]): SealedBatch {
  const json = `[${events.join(',')}]`
  const { name, generation, from, to } = part
  const hash = createHash('sha256')
    .update(JSON.stringify([name, generation, from, to]))
    .update('\n')
    .update(json)
  return { id: uuidv8(hash.digest()), part, events: json }
}

/** The body of a batch, as it is sent at that time. */
export function bodyOf({ id, part, events }: SealedBatch, now: number): string {
  const head = JSON.stringify({ v: 1, id, sentAt: new Date(now).toISOString(), import: part })
  return `${head.slice(0, -1)},"events":${events}}`
}

/** The name of an import that was given none: of its source, dataset and inputs, at most 200 characters. */
export function nameOf(source: string, dataset: string, inputs: readonly string[]): string {
  const name = `${source}:${dataset}:${inputs.join(',')}`
  if (name.length <= LONGEST_NAME) return name
  const digest = createHash('sha256').update(name).digest('hex').slice(0, 16)
  return `${name.slice(0, LONGEST_NAME - digest.length - 1)}#${digest}`
}
