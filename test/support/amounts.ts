/** How much of each fault is played. */
export interface Amounts {
  /** Deaths at each failpoint. */
  killsAtEachPoint: number
  /** Deaths at random moments. */
  randomKills: number
  /** The longest life before such a death, in milliseconds. */
  longestLifeMs: number
  /** Events that go through the proxy which cuts 5 % of the answers, and commit answers that must get lost at least. */
  cutEvents: number
  lostCommits: number
  /** Crashes of Postgres while the fold runs, one every three seconds. */
  postgresCrashes: number
  /** Ends by SIGTERM under load. */
  terminations: number
  /** Batches with one poison event each. */
  poisonBatches: number
  /** Seconds at five times the capacity. */
  overloadSeconds: number
}

/** What every change is tested with: minutes. */
export const FEW: Amounts = {
  killsAtEachPoint: 1,
  randomKills: 5,
  longestLifeMs: 2000,
  cutEvents: 10_000,
  lostCommits: 1,
  postgresCrashes: 4,
  terminations: 3,
  poisonBatches: 100,
  overloadSeconds: 8,
}

const ALL: Amounts = {
  killsAtEachPoint: 25,
  randomKills: 60,
  longestLifeMs: 20_000,
  cutEvents: 100_000,
  lostCommits: 100,
  postgresCrashes: 100,
  terminations: 50,
  poisonBatches: 1000,
  overloadSeconds: 300,
}

/** What a release is tested with: hours. `TRACKABLE_TEST_SHARE=0.1` plays a tenth, to see that the tests work. */
export const MANY: Amounts = shareOf(ALL, Number(process.env.TRACKABLE_TEST_SHARE ?? 1))

function shareOf(amounts: Amounts, share: number): Amounts {
  const scaled = Object.entries(amounts).map(([name, amount]) => [
    name,
    Math.max(1, Math.round(amount * share)),
  ])
  return Object.fromEntries(scaled) as Amounts
}
