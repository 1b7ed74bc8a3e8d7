import { createHmac } from 'node:crypto'

/** The installation's secret, under which the values of uniques are hashed before they reach the log. */
export interface Secret {
  isLoaded(): boolean
  replace(secret: string): void
  /**
   * The element of a value: the first 64 bits of its HMAC-SHA256, as 16 hexadecimal digits.
   * @throws Error while the secret is not loaded
   */
  hash(value: string): string
}

/** A secret that is not loaded yet: while that is so, a collector with uniques answers 503. */
export function createSecret(): Secret {
  let key: Buffer | undefined
  return {
    isLoaded: () => key !== undefined,
    replace(secret) {
      key = Buffer.from(secret, 'hex')
    },
    hash(value) {
      if (!key)
        throw new Error("the installation's secret is not loaded; wait for the database or its mirror")
      return elementOf(key, value)
    },
  }
}

/** The first 64 bits of a value's HMAC-SHA256 under a key, as 16 hexadecimal digits. */
export function elementOf(key: Buffer, value: string): string {
  return createHmac('sha256', key).update(value).digest('hex').slice(0, 16)
}
