import type { RejectCode, RequestCode } from '@trackable/protocol'

/**
 * What went wrong. A code of the wire is one that the collector answered or, for the checks of shape, one that
 * it would have answered; the others are the tracker's own.
 */
export type TrackerCode =
  | RequestCode
  | RejectCode
  /** The key or grant function threw or rejected. */
  | 'credentials'
  /** The tracker was used after `close()`. */
  | 'closed'
  /** The device's store is missing, full, blocked or closing; the queue goes on in memory. */
  | 'store'

/** What `onError` gets. `dataset` and `field` are there where one event is at fault. */
export class TrackerError extends Error {
  override readonly name = 'TrackerError'
  declare readonly code: TrackerCode
  declare readonly dataset: string | undefined
  /** The field or the dimension at fault. */
  declare readonly field: string | undefined

  constructor(code: TrackerCode, message: string, dataset?: string, field?: string) {
    super(message)
    this.code = code
    this.dataset = dataset
    this.field = field
  }
}
