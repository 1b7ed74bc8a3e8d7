import type { DropCode, RejectCode, RequestCode } from './codes.ts'

/** One observation, as it is sent. */
export interface WireEvent {
  dataset: string
  parent: string | number
  /** When it happened, ISO 8601. */
  at: string
  fields: Record<string, unknown>
  dimensions?: Record<string, string>
  /** Whose event it is, where a server passes it on: secret keys only. */
  userAgent?: string
  address?: string
}

/** Which part of an import a batch is: rows `from` up to, not including, `to` of that generation. */
export interface ImportPart {
  name: string
  generation: number
  from: number
  to: number
}

/** The body of `POST /v1/batches`. `id` and `events` are sealed; the rest is set anew at each attempt. */
export interface WireBatch {
  v: 1
  /** UUIDv7, made by the client when the batch is opened; UUIDv8 derived from its content for an import. */
  id: string
  key?: string
  sentAt: string
  grant?: string
  import?: ImportPart
  /** Whether `navigator.webdriver` says that a program drives the browser; its events are a bot's. */
  webdriver?: boolean
  events: WireEvent[]
}

/** The answer 202: the batch is durable. */
export interface BatchAnswer {
  id: string
  accepted: number
  dropped: { index: number; code: DropCode }[]
  rejected: { index: number; code: RejectCode; message: string }[]
  /** The collector has this batch already; it counts nothing again. */
  duplicate?: true
}

/**
 * What `?dry=1` adds: what the accepted events would add to counters and sums, by dataset and field, in decimal
 * digits.
 */
export interface DryAnswer extends BatchAnswer {
  changes: Record<string, Record<string, string>>
}

/** The answer to a request that was refused. */
export interface ErrorAnswer {
  code: RequestCode
  message: string
  /** Seconds, as in the `Retry-After` header. */
  retryAfter?: number
}
