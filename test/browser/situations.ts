import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Chromium, drained, type Ground, prepareGround, startBrowser } from './ground.ts'

/** What became of the events of one situation, over all its runs. */
export interface Result {
  situation: string
  runs: number
  tracked: number
  lost: number
  twice: number
}

const RUNS = Number(process.env.TRACKABLE_TEST_RUNS ?? 1)
const MINUTE = 60_000

/**
 * A browser for the situations of a file, and how to play one. Each is a test: it plays `act` once or, with
 * `TRACKABLE_TEST_RUNS=20`, that often, and what was lost or counted twice over all runs must be nothing. The
 * table of them is printed when the file is done.
 */
export function describeSituations(): (what: string, act: (ground: Ground) => Promise<void>) => void {
  const results: Result[] = []
  let browser: Chromium
  beforeAll(async () => {
    browser = await startBrowser()
  })
  afterAll(async () => {
    await browser?.close()
    console.table(results)
  })
  return (what, act) =>
    test(
      what,
      async () => {
        const result: Result = { situation: what, runs: 0, tracked: 0, lost: 0, twice: 0 }
        results.push(result)
        while (result.runs < RUNS) await play(browser, act, result)
        expect(result).toMatchObject({ lost: 0, twice: 0 })
      },
      2 * MINUTE * RUNS,
    )
}

async function play(
  browser: Chromium,
  act: (ground: Ground) => Promise<void>,
  result: Result,
): Promise<void> {
  const ground = await prepareGround(browser)
  try {
    await act(ground)
    await drained(ground)
    const counted = ground.collector.counted()
    const once = new Set(counted)
    result.runs++
    result.tracked += ground.tracked.size
    result.lost += [...ground.tracked].filter((parent) => !once.has(parent)).length
    result.twice += counted.length - once.size
    // What goes out under an id never changes, and nothing arrives that nobody tracked.
    expect(ground.collector.changed).toEqual([])
    expect(counted.filter((parent) => !ground.tracked.has(parent))).toEqual([])
  } finally {
    await ground.end()
  }
}
