import type { World } from './world.ts'

/** How often things go wrong, as probabilities; each seed draws its own, and many are never. */
export interface Faults {
  /** A request that never arrives, and an answer that never does. */
  requestLost: number
  answerLost: number
  /** A request that arrives once more, here or at the other collector. */
  repeated: number
  /** A request that is under way for up to two hours. */
  delayed: number
  /** A proxy that answers 503. */
  unavailable: number
  /** A sync that fails. */
  sync: number
  slowDisk: boolean
  /** A statement that never arrives, and an answer of the database that never does. */
  refused: number
  commitLost: number
  /** A statement that another folder was in the way of. */
  contention: number
  /** By step of a session. */
  crash: number
  restore: number
  outage: number
  tabDies: number
}

/** A seed's faults. */
export function drawFaults(world: World): Faults {
  const often = (most: number) => (world.chance(0.5) ? world.between(1, 100) * (most / 100) : 0)
  return {
    requestLost: often(0.3),
    answerLost: often(0.3),
    repeated: often(0.3),
    delayed: often(0.1),
    unavailable: often(0.2),
    sync: often(0.05),
    slowDisk: world.chance(0.3),
    refused: often(0.2),
    commitLost: often(0.3),
    contention: often(0.2),
    crash: often(0.2),
    restore: often(0.15),
    outage: often(0.1),
    tabDies: often(0.2),
  }
}

/** Everything works. */
export const NO_FAULTS: Faults = {
  requestLost: 0,
  answerLost: 0,
  repeated: 0,
  delayed: 0,
  unavailable: 0,
  sync: 0,
  slowDisk: false,
  refused: 0,
  commitLost: 0,
  contention: 0,
  crash: 0,
  restore: 0,
  outage: 0,
  tabDies: 0,
}
