import type { TrackerOptions } from './options.ts'
import type { Report } from './report.ts'

/** Key and grant of one attempt. */
export interface Known {
  key: string
  grant: string | undefined
}

/** Key and grant as they are now. */
export interface Credentials {
  /** True where they may be others at the next attempt. */
  readonly canChange: boolean
  /** Asks for them; undefined where that fails. */
  ask(): Promise<Known | undefined>
  /** What is known at once, when the page is left. */
  peek(): Known | undefined
}

/** Reads `key` and `grant` of the options, texts or functions. */
export function createCredentials({ key, grant }: TrackerOptions, report: Report): Credentials {
  let last: Known | undefined
  async function ask(): Promise<Known | undefined> {
    try {
      const asked = [key, grant].map((value) => (typeof value === 'function' ? value() : value))
      // A page that is being left cannot wait for what is here already.
      if (!asked.some((value) => typeof value === 'object')) last = knownOf(asked as string[])
      last = knownOf(await Promise.all(asked))
      return last
    } catch (error) {
      report.error('credentials', `no key or grant: ${error}`)
      return undefined
    }
  }
  return {
    ask,
    canChange: [key, grant].some((value) => typeof value === 'function'),
    peek() {
      ask()
      return last
    },
  }
}

function knownOf([key = '', grant]: (string | undefined)[]): Known {
  return { key, grant }
}
