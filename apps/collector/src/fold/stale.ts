/** Another collector has brought the tables to definitions that are not this one's. It waits, and counts nothing wrong. */
export class StaleDefinitionsError extends Error {
  override readonly name = 'StaleDefinitionsError'

  constructor() {
    super(
      'the tables follow a configuration that came after this one; restart this collector with it, what it took waits in its log',
    )
  }
}

/** Class 42: the function that folds a table of these definitions, or the table or column it reads, is there no more. */
export const UNDEFINED = ['42883', '42P01', '42703']
