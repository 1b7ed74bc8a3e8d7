import type { Dataset } from '@trackable/dataset'
import { LRUCache } from 'lru-cache'
import { type Refusal, refuse } from '../answer.ts'
import type { KeyRing } from '../keys.ts'
import { readParent } from '../parent.ts'
import { readGrant, type SignedGrant } from '../signatures.ts'

/** What a grant adds to what a public key may write. */
export interface Granted {
  dataset: string
  /** In the form that events are compared in. */
  parents: ReadonlySet<string>
  fields: ReadonlySet<string>
}

/** Reads the `grant` of a batch as it arrives; undefined where the batch has none. */
export type GrantReader = (grant: unknown, arrival: number) => Granted | Refusal | undefined

const REMEMBERED_GRANTS = 1000
const ENDED = refuse('grant', 'the grant has ended; ask your server for a new one')
const UNSIGNED = refuse('grant', 'the grant is not signed by a valid secret key for its dataset')

/** Reads grants against the keys that are valid now; what was read is remembered, its end and its key are asked anew. */
export function createGrantReader(keys: KeyRing, datasets: readonly Dataset[]): GrantReader {
  const read = new LRUCache<string, SignedGrant & { granted: Granted }>({ max: REMEMBERED_GRANTS })
  return (text, arrival) => {
    if (text === undefined) return undefined
    if (typeof text !== 'string') return UNSIGNED
    const known = read.get(text)
    // A grant dies with its key (guarantee 7). Tested in grant.test.ts, "a grant ends with its key".
    if (known && keys.byId(known.key.id) === known.key) return within(known, arrival)
    const signed = readGrant(keys, text)
    if (!signed) return UNSIGNED
    const found = { ...signed, granted: grantedBy(signed, datasets) }
    read.set(text, found)
    return within(found, arrival)
  }
}

function within({ claims, granted }: SignedGrant & { granted: Granted }, arrival: number): Granted | Refusal {
  return arrival < claims.exp * 1000 ? granted : ENDED
}

function grantedBy({ claims }: SignedGrant, datasets: readonly Dataset[]): Granted {
  const { dataset, parents, fields } = claims
  const type = datasets.find(({ name }) => name === dataset)?.parent ?? 'text'
  const known = parents.map((parent) => readParent(type, parent)).filter((parent) => parent !== undefined)
  return { dataset, parents: new Set(known), fields: new Set(fields) }
}
