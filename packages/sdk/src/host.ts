import type { Ownership } from './owner.ts'
import type { Store } from './store/store.ts'
import type { Transport } from './transport/transport.ts'

/** What a tracker needs from where it runs. The presets make one; the rest of the package names no platform. */
export interface Host {
  /** Where batches wait beyond the memory of the page or process; none where they are to wait there only. */
  store?: Store | undefined
  transport: Transport
  owner: Ownership
  /** A new UUIDv7. */
  newId(): string
  /**
   * Calls back after that many milliseconds, and returns what cancels it. While it is `idle`, that is when nothing
   * has to be sent soon, it must not keep a process alive.
   */
  later(ms: number, callback: () => void, idle?: boolean): () => void
  /** The visitor's browser asks for privacy: no array is sent. */
  signalled?: boolean
  /** For `debug`, and for errors where there is no `onError`. */
  log(level: 'debug' | 'warn', ...what: unknown[]): void
}
