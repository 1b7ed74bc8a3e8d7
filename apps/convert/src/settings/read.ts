import { ConvertError, wrongUsage } from '../error.ts'

/** Reads one option; what it throws is kept under the option's name, so that all that is wrong is told at once. */
export type Attempt = <T>(option: string, read: () => T) => T | undefined

/** Collects what is wrong. `done` throws it all. */
export function createAttempts(): { attempt: Attempt; done(): void } {
  const problems: string[] = []
  return {
    attempt(option, read) {
      try {
        return read()
      } catch (error) {
        if (!(error instanceof ConvertError)) throw error
        problems.push(error.message.startsWith('--') ? error.message : `${option}: ${error.message}`)
        return undefined
      }
    },
    done() {
      if (problems.length > 0) throw wrongUsage(problems.join('\n'))
    },
  }
}

/** The value, where there is one. @throws ConvertError that says what was expected */
export function required(value: string | undefined, expected: string): string {
  if (value) return value
  throw wrongUsage(`missing; expected ${expected}`)
}

/** Both sides of `name=value`. @throws ConvertError that says what was expected */
export function pair(text: string, expected: string): [string, string] {
  const at = text.indexOf('=')
  const [name, value] = [text.slice(0, at).trim(), text.slice(at + 1)]
  if (at < 0 || !name || !value.trim()) throw wrongUsage(`${JSON.stringify(text)}; expected ${expected}`)
  return [name, value]
}

/** A whole number from 1 up. @throws ConvertError that says what was expected */
export function readCount(text: string, what: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text)
  throw wrongUsage(`${JSON.stringify(text)}; expected how many ${what}, such as 5`)
}
