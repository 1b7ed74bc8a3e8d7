import { add, type Decimal, decimalText, readDecimal } from '../expression/decimal.ts'

/** What events add, by dataset and field, in decimal digits. */
export type Changes = Record<string, Record<string, string>>

/** Adds up changes exactly. */
export interface ChangeSum {
  add(changes: Changes): void
  /** The sums, each with as many digits as the longest that was added. */
  result(): Changes
}

/** Begins with nothing. */
export function createChangeSum(): ChangeSum {
  const sums = new Map<string, Map<string, Decimal>>()
  return {
    add(changes) {
      for (const [dataset, fields] of Object.entries(changes)) {
        const known = sums.get(dataset) ?? new Map<string, Decimal>()
        sums.set(dataset, known)
        for (const [field, text] of Object.entries(fields)) {
          known.set(field, add(known.get(field) ?? { int: 0, scale: 0 }, decimalOf(text)))
        }
      }
    },
    result: () =>
      Object.fromEntries(
        [...sums].map(([dataset, fields]) => [
          dataset,
          Object.fromEntries([...fields].map(([field, sum]) => [field, decimalText(sum)])),
        ]),
      ),
  }
}

/** What events would add, by themselves, when no collector is asked. */
export function changesOf(events: readonly string[]): Changes {
  const sum = createChangeSum()
  for (const json of events) {
    const { dataset, fields } = JSON.parse(json) as {
      dataset: string
      fields: Record<string, unknown>
    }
    // Whether a number is added up or not is the collector's to say; what is no decimal is not.
    const decimals = Object.entries(fields).map(([name, value]) => [name, String(value)] as const)
    sum.add({ [dataset]: Object.fromEntries(decimals.filter(([, text]) => readDecimal(text))) })
  }
  return sum.result()
}

function decimalOf(text: string): Decimal {
  const decimal = readDecimal(text)
  if (!decimal)
    throw new Error(`the collector answers the change ${JSON.stringify(text)}; expected a decimal`)
  return decimal
}
