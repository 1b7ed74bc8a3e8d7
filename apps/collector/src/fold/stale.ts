/** Another collector has brought the tables to definitions that are not this one's. It waits, and counts nothing wrong. */
export class StaleDefinitionsError extends Error {
  override readonly name = 'StaleDefinitionsError'

  constructor() {
    super(
      'the tables follow a configuration that came after this one; restart this collector with it, what it took waits in its log',
    )
  }
}

/** Class 42: the function that folds a table of these definitions is not there any more. */
export const UNDEFINED_FUNCTION = '42883'
