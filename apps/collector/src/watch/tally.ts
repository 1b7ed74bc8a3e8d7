import type { Dataset } from '@trackable/dataset'
import { Counter, type Registry } from 'prom-client'
import { createDrops, type Drops } from './drops.ts'

/** Counts what no log holds: by dataset, since the start of this process. */
export interface Tally {
  /** An event was dropped or rejected; `rule` says why it is a machine's. */
  turnedAway(dataset: unknown, code: string, rule?: string): void
  /** A click was redirected and not counted. */
  lostClick(reason: string): void
  drops: Drops
}

/**
 * Creates the tally. What is no dataset's name is counted under `""`, and an operator's own rule as `operator`: labels
 * come from a closed list, or whoever sends could fill the memory with them.
 * @param botRules whether machines are told apart by rule
 */
export function createTally(registry: Registry, datasets: readonly Dataset[], botRules: boolean): Tally {
  const names = new Set<unknown>(datasets.map(({ name }) => name))
  const registers = [registry]
  const turnedAway = new Counter({
    name: 'trackable_turned_away_total',
    help: 'Events dropped or rejected since this process started, by dataset and code',
    labelNames: ['dataset', 'code'],
    registers,
  })
  const lost = new Counter({
    name: 'trackable_clicks_lost_total',
    help: 'Clicks that were redirected and not counted since this process started, by reason',
    labelNames: ['reason'],
    registers,
  })
  const bots = botRules
    ? new Counter({
        name: 'trackable_bots_total',
        help: 'Events of machines since this process started, by dataset and rule; none is in the totals',
        labelNames: ['dataset', 'rule'],
        registers,
      })
    : undefined
  const drops = createDrops(Date.now)
  return {
    drops,
    turnedAway(given, code, rule) {
      const dataset = names.has(given) ? (given as string) : ''
      turnedAway.inc({ dataset, code })
      drops.add(dataset, code)
      if (rule !== undefined) bots?.inc({ dataset, rule: rule.startsWith('operator:') ? 'operator' : rule })
    },
    lostClick: (reason) => lost.inc({ reason }),
  }
}
