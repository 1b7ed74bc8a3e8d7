import { suggestion } from '@trackable/dataset'
import { wrongUsage } from '../../error.ts'
import type { DjangoOptions } from './options.ts'

/** A kind of parent that rows have. */
export interface Kind {
  /** `app.model`, in small letters. */
  name: string
  rows: number
}

/**
 * The kind of parent that is meant: the one that was named, the model of `--match-spec`, the only one there is, or
 * the one that is called like the dataset.
 * @throws ConvertError of wrong usage that names those there are
 */
export function chooseKind(kinds: readonly Kind[], options: DjangoOptions): string | undefined {
  const names = kinds.map(({ name }) => name)
  const asked = options.contentType ?? options.match?.model.toLowerCase()
  if (asked !== undefined) {
    if (names.includes(asked) || kinds.length === 0) return asked
    throw wrongUsage(`--content-type: no rows of ${JSON.stringify(asked)}; ${suggestion(asked, names)}`)
  }
  if (kinds.length <= 1) return names[0]
  const like = names.filter((name) => name.split('.')[1] === options.dataset.toLowerCase())
  if (like.length === 1) return like[0]
  const each = kinds.map(({ name, rows }) => `${name} (${rows})`).join(', ')
  throw wrongUsage(`the rows are of several kinds of parents: ${each}; name one with --content-type`)
}

/** The one of several places that the rows can be in. @throws ConvertError of wrong usage that names them */
export function chooseModel(found: readonly string[], all: readonly string[]): string {
  if (found.length === 1) return found[0] as string
  if (found.length > 1) throw wrongUsage(`rows may be in ${found.join(', ')}; name one with --model`)
  const there = all.length > 0 ? `; there are ${all.slice(0, 40).join(', ')}` : ''
  throw wrongUsage(
    `nothing has content_type, object_id and the fields of --update-fields${there}; name one with --model`,
  )
}
