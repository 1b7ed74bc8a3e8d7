/** A header of a request by its name in small letters. */
export type HeaderOf = (name: string) => string | undefined

/** Whether a visitor asked not to be followed, by Global Privacy Control or Do Not Track. */
export function asksForPrivacy(header: HeaderOf): boolean {
  return header('sec-gpc') === '1' || header('dnt') === '1'
}

/**
 * Whether a browser asks ahead of its user, who may never look. `Sec-Purpose` is of the HTML standard; the other three
 * are what browsers sent before it.
 */
export function isPrefetch(header: HeaderOf): boolean {
  const purposes = ['sec-purpose', 'purpose', 'x-purpose', 'x-moz'].map((name) => header(name) ?? '')
  return /prefetch|prerender|preview/i.test(purposes.join())
}
