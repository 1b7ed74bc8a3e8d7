import { open, readFile } from 'node:fs/promises'

/** Writes receipts: one line for each batch that is about to be sent, and one for each answer. */
export interface ReceiptWriter {
  /** Resolves when the line is on disk. `status`: `sent`, a status of HTTP, or `cut` where no whole answer came. */
  note(id: string, events: number, status: string): Promise<void>
  close(): Promise<void>
}

/** What the receipts say about one batch. */
export interface Receipt {
  /** Its events that must count: as many hits on its own row. */
  events: number
  /** How many requests with it were answered 202. */
  acks: number
}

/** Opens a file of receipts, behind what is in it already. Lines that come together are synced together. */
export async function openReceipts(file: string): Promise<ReceiptWriter> {
  const handle = await open(file, 'a')
  let lines = ''
  let flushing: Promise<void> | undefined
  let next: Promise<void> | undefined

  async function flush(): Promise<void> {
    await flushing
    const group = lines
    lines = ''
    next = undefined
    flushing = handle.appendFile(group).then(() => handle.datasync())
    await flushing
  }

  return {
    note(id, events, status) {
      lines += `${id},${events},${status}\n`
      next ??= flush()
      return next
    },
    async close() {
      await next
      await flushing
      await handle.close()
    },
  }
}

/** Reads receipts: every batch by its id. */
export async function readReceipts(file: string): Promise<Map<string, Receipt>> {
  const receipts = new Map<string, Receipt>()
  for (const line of (await readFile(file, 'utf8')).split('\n')) {
    const [id, events, status] = line.split(',')
    if (!id) continue
    const receipt = receipts.get(id) ?? { events: Number(events), acks: 0 }
    if (status === '202') receipt.acks++
    receipts.set(id, receipt)
  }
  return receipts
}
