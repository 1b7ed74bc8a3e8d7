/** Why a conversion ended before its end. */
export type ConvertCode = 'usage' | 'input' | 'import_changed' | 'refused' | 'unreachable'

/**
 * The one error of this package: something that a person can put right. `usage` is a wrong command line or mapping,
 * found before anything is sent; `message` says what was found and what to do.
 */
export class ConvertError extends Error {
  override readonly name = 'ConvertError'
  readonly code: ConvertCode

  constructor(code: ConvertCode, message: string) {
    super(message)
    this.code = code
  }
}

/** An error of wrong usage, for expressions of one statement. */
export function wrongUsage(message: string): ConvertError {
  return new ConvertError('usage', message)
}
