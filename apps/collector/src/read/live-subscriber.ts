import type { Row } from './json.ts'

/** What a stream tells of a dataset. */
export interface Wish {
  fields: string[]
  /** Undefined for all. */
  parents: Set<string> | undefined
}

/** One open stream of server-sent events. */
export interface Subscriber {
  wants(dataset: string, parent?: string): boolean
  tell(dataset: string, rows: readonly Row[]): void
  /** Whether its key is good still. */
  isAllowed(): boolean
  keepAlive(): void
  end(): void
  /** Called once, when whoever listened is gone or was too slow. */
  onEnd(act: () => void): void
}

/** What may wait for a reader that does not read: past it the stream ends, and an EventSource comes back by itself. */
const MOST_WAITING = 1024 * 1024

/** A stream for these wishes; `write` makes the rows' JSON. */
export function createSubscriber(
  wishes: ReadonlyMap<string, Wish>,
  write: (rows: Row[]) => string,
  isAllowed: () => boolean,
): { subscriber: Subscriber; body: ReadableStream<Uint8Array> } {
  const utf8 = new TextEncoder()
  let controller: ReadableStreamDefaultController<Uint8Array> | undefined
  let ended = () => undefined as unknown
  const body = new ReadableStream<Uint8Array>(
    {
      start(given) {
        controller = given
        send(': open\n\n')
      },
      cancel: () => close(),
    },
    { highWaterMark: MOST_WAITING, size: (chunk) => chunk?.byteLength ?? 0 },
  )

  function send(text: string): void {
    if (!controller) return
    controller.enqueue(utf8.encode(text))
    if ((controller.desiredSize ?? 0) > 0) return
    // Guarantee 6: closed, the stream would be of no count and hold what waits, and its connection, as long as nobody
    // reads. Tested in live-subscriber.test.ts, "a reader that is too slow".
    controller.error(new Error(`more than ${MOST_WAITING} bytes wait for a reader of the live stream`))
    close()
  }
  function close(): void {
    controller = undefined
    ended()
  }
  function end(): void {
    if (!controller) return
    controller.close()
    close()
  }

  const subscriber: Subscriber = {
    wants(dataset, parent) {
      const wish = wishes.get(dataset)
      return (
        wish !== undefined && (parent === undefined || wish.parents === undefined || wish.parents.has(parent))
      )
    },
    tell(dataset, rows) {
      const wish = wishes.get(dataset)
      if (!wish) return
      const mine = rows.filter(({ parent }) => wish.parents?.has(parent as string) ?? true)
      if (mine.length === 0) return
      const shown = mine.map((row) =>
        Object.fromEntries(['parent', ...wish.fields].map((name) => [name, row[name]!])),
      )
      send(`event: totals\ndata: {"dataset":${JSON.stringify(dataset)},"rows":${write(shown)}}\n\n`)
    },
    isAllowed,
    keepAlive: () => send(': alive\n\n'),
    end,
    onEnd(act) {
      ended = act
    },
  }
  return { subscriber, body }
}
