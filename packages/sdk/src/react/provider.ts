import { createContext, createElement, type ReactElement, type ReactNode, useContext } from 'react'
import type { RegisteredDatasets, Tracker } from '../types.ts'

const TrackerContext = createContext<Tracker<any, any> | undefined>(undefined)

/** Properties of `TrackableProvider`. */
export interface TrackableProviderProps {
  /** What `createTracker` gave, in the page or in the module that both sides load. */
  tracker: Tracker<any, any>
  children?: ReactNode
}

/**
 * Gives a tracker to the components below it.
 * @example <TrackableProvider tracker={createTracker({ endpoint, key })}>…</TrackableProvider>
 */
export function TrackableProvider({ tracker, children }: TrackableProviderProps): ReactElement {
  return createElement(TrackerContext.Provider, { value: tracker }, children)
}

/**
 * The tracker of the `TrackableProvider` above. Track in effects and in listeners, not while rendering: React may
 * render more than once.
 * @throws Error where there is no provider
 * @example
 * const tracker = useTracker()
 * return <button onClick={() => tracker.increment('article', id, 'likes')}>Like</button>
 */
export function useTracker<Datasets = RegisteredDatasets>(): Tracker<Datasets> {
  const tracker = useContext(TrackerContext)
  if (!tracker) throw new Error('useTracker found no tracker; put a <TrackableProvider tracker={…}> above')
  return tracker
}
