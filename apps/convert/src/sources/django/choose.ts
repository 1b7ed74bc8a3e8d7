import { suggestion } from '@trackable/dataset'
import { wrongUsage } from '../../error.ts'
import { type DjangoOptions, PARENT } from './options.ts'

/** A kind of parent that rows have. */
export interface Kind {
  /** `app.model`, in small letters. */
  name: string
  rows: number
}

/**
 * Whether rows are told apart by the kind of their parent: where one was named, or where the parent is what the
 * generic foreign key of a row leads to.
 * @param columns what is read of a row
 * @param has whether the rows have a content type
 * @throws ConvertError of wrong usage where a kind was named, and rows have none
 */
export function tellsKinds(options: DjangoOptions, columns: readonly string[], has: boolean): boolean {
  const { contentType, match, link } = options
  if (contentType !== undefined && !has) {
    throw wrongUsage('--content-type: the rows that are read have no content type; leave it out')
  }
  const leadsToParent = match ? match.from === 'object_id' : link === PARENT
  return has && (contentType !== undefined || (leadsToParent && columns.includes(PARENT)))
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

/**
 * The one of several generic tables that has these columns. Where none has, but there is one only, it is that one, and
 * the column that it lacks is told with the nearest.
 * @throws ConvertError of wrong usage that names those there are
 */
export function chooseModel(
  generic: readonly { name: string; columns: readonly string[] }[],
  updated: readonly string[],
  all: readonly string[],
): string {
  const fitting = generic.filter(({ columns }) => updated.every((name) => columns.includes(name)))
  const [only, another] = fitting.length > 0 ? fitting : generic
  if (only && !another) return only.name
  const names = (list: readonly string[]) => list.slice(0, 40).join(', ')
  if (only) {
    const those = fitting.length > 0 ? fitting : generic
    throw wrongUsage(`rows may be in ${names(those.map(({ name }) => name))}; name one with --model`)
  }
  throw wrongUsage(
    `nothing has content_type and object_id${all.length > 0 ? `; there are ${names(all)}` : ''}; name one with --model`,
  )
}
