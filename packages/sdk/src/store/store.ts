/** A batch as it waits in a store: open or sealed, its events as they will be sent. */
export interface StoredBatch {
  id: string
  /** Who may send it while that one lives: a page load, a process. */
  owner: string
  /** How many events. */
  count: number
  /** The events as a JSON array. */
  events: string
}

/**
 * Where batches wait until the collector has settled them. A store that fails rejects: the queue then goes on in
 * memory and tells `onError`. Every implementation passes `store.contract.ts`.
 */
export interface Store {
  /** Writes a batch over the one of the same id; resolves when it would survive the page. */
  put(batch: StoredBatch): Promise<void>
  /** Every batch there is, of any owner. Where there are two of an id, the first is the whole one. */
  list(): Promise<StoredBatch[]>
  /** Deletes by id; an unknown id is no error. */
  delete(id: string): Promise<void>
  /** Writes at once what a `put` has not finished, when the page is about to go. */
  spill?(batches: StoredBatch[]): void
}
