import { counter, defineDataset, sum } from '@trackable/dataset'
import { createBotFilter } from '../bots/filter.ts'
import { createKeyRing, type Key, makeKey } from '../keys.ts'
import type { EventLog, LoggedBatch } from '../log/event-log.ts'
import { createMemoryLog } from '../log/memory.ts'
import { createSecret } from '../secret.ts'
import { createAdmission } from './admission.ts'
import { createDoor, type DoorOptions } from './door.ts'

/** Articles with a field of each right, and users whose numbers are nobody's. */
export const article = defineDataset('article', {
  fields: { views: counter(), likes: counter(), revenue: sum({ scale: 2 }) },
  public: { write: ['views', 'likes'], decrement: ['likes'] },
})
export const member = defineDataset('member', { parent: 'uuid', fields: { logins: counter() } })

/** A person's browser. */
export const PERSON = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0'

export const SHOP = 'https://shop.example'

/** A door over a log in memory, with a key of each kind, and everything that was written. */
export function openDoor(options: Partial<DoorOptions> = {}) {
  const written: LoggedBatch[] = []
  const memory = createMemoryLog([])
  const log: EventLog = {
    ...memory,
    append: (batch) => {
      written.push(batch)
      return memory.append(batch)
    },
  }
  const pk = makeKey('write', [SHOP], [])
  const open = makeKey('write', [], [])
  const sk = makeKey('secret', [], [])
  const keys = createKeyRing()
  keys.replace([pk.key, open.key, sk.key])
  const secret = createSecret()
  secret.replace('00')
  const door = createDoor({
    log,
    keys,
    datasets: [article, member],
    judge: createBotFilter().judge,
    secret,
    // A busy machine has long turns.
    admission: createAdmission(1000, 2 ** 24, Number.POSITIVE_INFINITY),
    visitors: { elementOf: () => undefined, stop: () => undefined },
    dedupWindowMs: 7 * 86_400_000,
    now: Date.now,
    onFatal: () => undefined,
    ...options,
  })
  /** As if a key had been revoked. */
  const revoke = ({ id }: Key) => keys.replace([pk.key, open.key, sk.key].filter((key) => key.id !== id))
  return { door, keys, written, pk, open, sk, revoke }
}
