import { expect, test } from 'vitest'
import type { EventLog, LoggedBatch } from './event-log.ts'

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
}
