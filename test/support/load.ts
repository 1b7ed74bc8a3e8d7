import { setTimeout as sleep } from 'node:timers/promises'
import { type Random, seededRandom } from './random.ts'
import { openReceipts, type ReceiptWriter } from './receipts.ts'
import { batchId, PERSON } from './send.ts'

/** How to send. */
export interface LoadOptions {
  /** The collectors: each batch goes to each of them. They may die and come back. */
  urls: readonly string[]
  key: string
  /** Where the receipts go; what is in the file stays. */
  file: string
  /** How many send at once. Default 4. */
  senders?: number
  /** How many batches; without it, until `stop`. */
  batches?: number
  /** How long a sender rests between two requests, in milliseconds. Default 5. */
  pauseMs?: number
  /** Each batch is sent one to so many times to each collector, in any order. Default 1. */
  repeats?: number
  /** The share of batches whose sender is gone for good after a first failed attempt. Default 0.1. */
  givingUp?: number
  /** What a batch holds. Default: 1 to 9 hits on its own row, and as many on hot ones. */
  contents?: (id: string, random: Random) => Contents
  seed?: number
}

/** The events of a batch, and how many hits on its own row must count. */
export interface Contents {
  events: object[]
  counting: number
}

/** A load that runs. */
export interface Load {
  /** How many requests came to which end: `202`, `503`, `cut`, … */
  statuses(): Record<string, number>
  /** Makes no new batch, and resolves when each that there is has settled. @throws what `done` throws */
  stop(): Promise<void>
  /** Resolves when all batches have settled. @throws Error where a batch was refused for good, or for two minutes */
  done: Promise<void>
}

interface Batch extends Contents {
  id: string
  givesUp: boolean
  /** Resolves when its first line is on disk. */
  noted?: Promise<void>
}

const PATIENCE_MS = 120_000
const ANSWER_MS = 15_000
const RETRIED = ['503', '429', 'cut']

/** Sends batches as the SDK does: the same id and events again, until 202. Every attempt leaves a receipt. */
export function startLoad(options: LoadOptions): Load {
  const { senders = 4, pauseMs = 5 } = options
  const deliveries = createDeliveries(options)
  const statuses: Record<string, number> = {}

  async function send(receipts: ReceiptWriter): Promise<void> {
    for (let delivery = deliveries.next(); delivery; delivery = deliveries.next()) {
      const { batch, url } = delivery
      batch.noted ??= receipts.note(batch.id, batch.counting, 'sent')
      await batch.noted
      await settle(batch, async () => {
        const status = await post(url, options.key, batch)
        statuses[status] = (statuses[status] ?? 0) + 1
        await receipts.note(batch.id, batch.counting, status)
        return status
      })
      await sleep(pauseMs)
    }
  }

  async function run(): Promise<void> {
    const receipts = await openReceipts(options.file)
    try {
      await Promise.all(Array.from({ length: senders }, () => send(receipts)))
    } finally {
      deliveries.end()
      await receipts.close()
    }
  }

  const done = run()
  // Whoever stops the load learns of it; until then it is nobody's unhandled rejection.
  done.catch(() => undefined)
  return {
    statuses: () => ({ ...statuses }),
    done,
    stop() {
      deliveries.end()
      return done
    },
  }
}

interface Deliveries {
  /** A batch and where it goes; undefined once all are under way. */
  next(): { batch: Batch; url: string } | undefined
  /** Makes no new batch. */
  end(): void
}

function createDeliveries(options: LoadOptions): Deliveries {
  const { urls, repeats = 1, givingUp = 0.1, contents = hits } = options
  const random = seededRandom(options.seed ?? 1)
  // As many are mixed as it takes for a repeat to come long after the first.
  const mixed = urls.length * repeats > 1 ? 40 : 1
  const pool: { batch: Batch; url: string }[] = []
  let left = options.batches ?? Number.POSITIVE_INFINITY

  return {
    next() {
      for (; pool.length < mixed && left > 0; left--) {
        const id = batchId()
        const batch = { id, ...contents(id, random), givesUp: random() < givingUp }
        for (const url of urls) {
          for (let times = 1 + Math.floor(random() * repeats); times > 0; times--) pool.push({ batch, url })
        }
      }
      const [taken] = pool.splice(Math.floor(random() * pool.length), 1)
      return taken
    },
    end() {
      left = 0
    },
  }
}

async function settle(batch: Batch, attempt: () => Promise<string>): Promise<void> {
  const end = Date.now() + PATIENCE_MS
  for (let pause = 20; ; pause = Math.min(300, pause * 2)) {
    const status = await attempt()
    if (status === '202' || (batch.givesUp && RETRIED.includes(status))) return
    if (!RETRIED.includes(status)) throw new Error(`batch ${batch.id} was refused with ${status}`)
    if (Date.now() > end) throw new Error(`batch ${batch.id} was not taken for ${PATIENCE_MS} ms: ${status}`)
    await sleep(pause * (0.5 + Math.random() / 2))
  }
}

async function post(url: string, key: string, { id, events }: Batch): Promise<string> {
  try {
    const answer = await fetch(`${url}/v1/batches`, {
      method: 'POST',
      headers: { 'content-type': 'text/plain', 'user-agent': PERSON },
      body: JSON.stringify({ v: 1, id, key, sentAt: new Date().toISOString(), events }),
      signal: AbortSignal.timeout(ANSWER_MS),
    })
    const text = await answer.text()
    return answer.status === 202 || RETRIED.includes(String(answer.status))
      ? String(answer.status)
      : `${answer.status} ${text}`
  } catch {
    return 'cut'
  }
}

const HOT_PARENTS = 5
const SENDERS = 20

/** One to nine hits on the batch's own row, and as many on hot ones, all of this moment. */
export function hits(id: string, random: Random): Contents {
  const counting = 1 + Math.floor(random() * 9)
  const at = new Date().toISOString()
  const events: object[] = []
  for (let i = 0; i < counting; i++) {
    const sender = `s${Math.floor(random() * SENDERS)}`
    events.push({ dataset: 'receipt', parent: id, at, fields: { hits: 1 }, dimensions: { sender } })
    events.push({
      dataset: 'hot',
      parent: `h${Math.floor(random() * HOT_PARENTS)}`,
      at,
      fields: { hits: 1 },
    })
  }
  return { events, counting }
}
