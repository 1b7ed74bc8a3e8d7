/**
 * Starts an action for each item, at most `most` at a time, and gives the results in order. Where one fails, the
 * ones under way end before the error comes out, so that nothing happens afterwards.
 */
export async function* inFlight<T, R>(
  items: AsyncIterable<T>,
  most: number,
  action: (item: T) => Promise<R>,
): AsyncGenerator<R> {
  const running: Promise<R>[] = []
  try {
    for await (const item of items) {
      const result = action(item)
      // The failure is heard when it is this one's turn; until then it must not count as unhandled.
      result.catch(() => {})
      running.push(result)
      if (running.length >= most) yield await (running.shift() as Promise<R>)
    }
    while (running.length > 0) yield await (running.shift() as Promise<R>)
  } finally {
    await Promise.allSettled(running)
  }
}
