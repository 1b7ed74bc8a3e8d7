import { expect, test } from 'vitest'
import type { Entry, EventLog, LoggedBatch } from './event-log.ts'
import { NO_TOTALS, plus, totalsOf } from './totals.ts'

/** A batch of `events` events that arrived then. */
export function batchOf(id: string, events = 1, arrival = 0): LoggedBatch {
  return {
    id,
    arrival,
    received: events,
    events: Array.from({ length: events }, (_, i) => [0, `p${i}`, arrival, [0, 1]]),
  }
}

/** Reads everything after a position, a little at a time. */
export async function readAll(log: EventLog, after: string | null = null, maxBytes = 200): Promise<string[]> {
  const ids: string[] = []
  for (let position = after; ; ) {
    const entries = await log.read(position, maxBytes)
    if (entries.length === 0) return ids
    for (const { batch } of entries) ids.push(batch.id)
    position = entries.at(-1)!.position
  }
}

/** Reads every entry after a position. */
export async function readEntries(log: EventLog, after: string | null = null): Promise<Entry[]> {
  const all: Entry[] = []
  for (let from = after; ; from = all.at(-1)!.position) {
    const entries = await log.read(from, 3000)
    if (entries.length === 0) return all
    all.push(...entries)
  }
}

/** What entries count for together. */
export function totalsOfAll(entries: readonly Entry[]): ReturnType<typeof totalsOf> {
  return entries.reduce((totals, { batch }) => plus(totals, totalsOf(batch)), NO_TOTALS)
}

/** What every event log promises. */
export function eventLogContract(create: () => Promise<EventLog>): void {
  test('what was appended is read in the order of its positions', async () => {
    const log = await create()
    for (let i = 0; i < 20; i++) await log.append(batchOf(`b${i}`, 3))
    expect(await readAll(log)).toEqual(Array.from({ length: 20 }, (_, i) => `b${i}`))
    await log.close()
  })

  test('appends at the same time are all there, and each position is read from once', async () => {
    const log = await create()
    const positions = await Promise.all(Array.from({ length: 50 }, (_, i) => log.append(batchOf(`b${i}`))))
    expect(new Set(positions).size).toBe(50)
    const behind: number[] = []
    for (const position of positions) behind.push((await readAll(log, position)).length)
    expect(behind.sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, i) => i))
    await log.close()
  })

  test('at least one entry is read, however small the limit', async () => {
    const log = await create()
    await log.append(batchOf('large', 100))
    expect((await log.read(null, 1)).length).toBe(1)
    await log.close()
  })

  test('a position that is not in the log reads from the oldest entry that is kept', async () => {
    const log = await create()
    await log.append(batchOf('a'))
    expect(await readAll(log, '0123456789abcdef:5:0')).toEqual(['a'])
    await log.close()
  })

  test('trimming never takes the entry of the offset or one after it', async () => {
    const log = await create()
    const positions: string[] = []
    for (let i = 0; i < 30; i++) positions.push(await log.append(batchOf(`b${i}`, 3, i)))
    await log.trim(positions[20]!, 1000)
    expect((await readAll(log, positions[20]!)).length).toBe(9)
    expect((await readAll(log)).at(-1)).toBe('b29')
    await log.close()
  })

  test('trimming keeps what arrived since', async () => {
    const log = await create()
    const positions: string[] = []
    for (let i = 0; i < 30; i++) positions.push(await log.append(batchOf(`b${i}`, 3, i)))
    await log.trim(positions[29]!, 10)
    expect(await readAll(log)).toEqual(
      expect.arrayContaining(Array.from({ length: 20 }, (_, i) => `b${i + 10}`)),
    )
    await log.close()
  })

  test('the view of an empty log is empty, from wherever', async () => {
    const log = await create()
    const nothing = {
      end: null,
      waiting: NO_TOTALS,
      oldestWaiting: null,
      oldestKept: null,
      before: NO_TOTALS,
    }
    expect(await log.view(null)).toEqual({ ...nothing, place: 'start' })
    expect(await log.view('elsewhere')).toEqual({ ...nothing, place: 'unknown' })
    await log.close()
  })

  test('the view counts what reading gives, from every position, also while the log grows', async () => {
    const log = await create()
    const first: LoggedBatch = {
      ...batchOf('a', 2, 7),
      received: 9,
      rejected: { too_old: 1, invalid_value: 2 },
      dropped: { bot: 4 },
    }
    const end = await log.append(first)
    expect(await log.view(null)).toEqual({
      end,
      waiting: {
        batches: 1,
        received: 9,
        accepted: 2,
        rejected: { too_old: 1, invalid_value: 2 },
        dropped: { bot: 4 },
      },
      oldestWaiting: 7,
      oldestKept: 7,
      before: NO_TOTALS,
      place: 'start',
    })
    for (let i = 0; i < 30; i++) await log.append(batchOf(`b${i}`, 3, 10 + i))
    // Forwards as a fold goes, then backwards, each twice.
    const positions = (await readEntries(log)).map(({ position }) => position)
    for (const position of [...positions, ...positions.reverse()].flatMap((each) => [each, each])) {
      const behind = await readEntries(log, position)
      expect(await log.view(position)).toMatchObject({
        end: positions[0],
        place: 'kept',
        waiting: totalsOfAll(behind),
        oldestWaiting: behind[0]?.batch.arrival ?? null,
        oldestKept: 7,
      })
    }
    const newest = await log.append(batchOf('newest', 1, 50))
    expect(await log.view(positions[0]!)).toMatchObject({
      end: newest,
      oldestWaiting: 50,
      waiting: { batches: 1 },
    })
    await log.close()
  })

  test('the view tells what was trimmed from what is kept, and both together are everything', async () => {
    const log = await create()
    const positions: string[] = []
    for (let i = 0; i < 30; i++) positions.push(await log.append(batchOf(`b${i}`, 3, i)))
    const whole = totalsOfAll(await readEntries(log))
    await log.trim(positions[25]!, 20)
    const kept = await readEntries(log)
    const view = await log.view(null)
    expect(plus(view.before, totalsOfAll(kept))).toEqual(whole)
    expect(view).toMatchObject({ waiting: totalsOfAll(kept), oldestKept: kept[0]!.batch.arrival })
    for (const position of positions) {
      const isKept = kept.some((entry) => entry.position === position)
      expect((await log.view(position)).place).toBe(isKept ? 'kept' : 'behind')
    }
    await log.close()
  })

  test('a position of another log is unknown, and everything kept waits behind it', async () => {
    const [log, other] = [await create(), await create()]
    for (const each of [log, other]) await each.append(batchOf('a', 3))
    const position = await other.append(batchOf('b', 3))
    expect(await log.view(position)).toMatchObject({ place: 'unknown', waiting: { batches: 1, accepted: 3 } })
    await log.close()
    await other.close()
  })
}
