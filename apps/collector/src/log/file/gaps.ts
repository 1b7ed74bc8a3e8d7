import type { Damage, Totals } from '../event-log.ts'
import { lostBetween, withLoss } from './damage.ts'
import type { LogFileSystem } from './file-system.ts'
import { inspect } from './inspect.ts'
import type { Segment } from './segment.ts'

/** A file that is named like a segment and is none of this log. */
export interface Stranger {
  name: string
  order: number
  bytes: number
  reason: string
}

/**
 * Reports strangers, and segments that are missing between two that are there. At the front none is missed, because
 * trimming removes there, and one that was set aside before is not missed again.
 */
export async function findGaps(
  fs: LogFileSystem,
  segments: readonly Segment[],
  strangers: readonly Stranger[],
  aside: readonly string[],
): Promise<Damage[]> {
  const setAside = aside.filter((name) => name.endsWith('.log')).map((name) => Number.parseInt(name, 10))
  const damage: Damage[] = []
  const losses = new Map<Stranger, Totals>()
  for (let i = 1; i < segments.length; i++) {
    const [segment, next] = [segments[i - 1]!, segments[i]!]
    const isBetween = (order: number) => segment.order < order && order < next.order
    const here = strangers.filter(({ order }) => isBetween(order))
    const orders = new Set([...here.map(({ order }) => order), ...setAside.filter(isBetween)])
    const missing = next.order - segment.order - 1 - orders.size
    if (missing === 0 && here.length === 0) continue
    const lost = lostBetween(segment, next, (await inspect(fs, segment)).totals)
    for (const stranger of here) losses.set(stranger, lost)
    if (missing > 0) damage.push(gapDamage(segment, next, missing, lost))
  }
  for (const stranger of strangers) {
    const { name, bytes, reason } = stranger
    damage.push({ segment: name, bytes, reason: withLoss(reason, losses.get(stranger)) })
  }
  return damage
}

function gapDamage(segment: Segment, next: Segment, missing: number, lost: Totals): Damage {
  const first = String(segment.order + 1).padStart(12, '0')
  const reason = `${missing} segments are missing between ${segment.stem} and ${next.stem}`
  return { segment: first, bytes: 0, reason: withLoss(reason, lost) }
}
