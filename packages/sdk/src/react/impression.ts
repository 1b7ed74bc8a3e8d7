import { createElement, type HTMLAttributes, type ReactElement, useEffect, useRef } from 'react'
import { onVisible } from '../capture/index.ts'
import type { RegisteredDatasets, Trackable, TrackableOf } from '../types.ts'
import { useTracker } from './provider.ts'

/** Properties of `Impression`: what is counted, and everything that an element takes. */
export type ImpressionProps<
  Name extends keyof Table & string,
  Table extends Record<string, Trackable> = TrackableOf<RegisteredDatasets>,
> = {
  dataset: Name
  parent: Table[Name]['parent']
  field: Table[Name]['additive']
  /** The element that is observed and rendered around the children. Default `div`. */
  as?: keyof HTMLElementTagNameMap
} & HTMLAttributes<HTMLElement>

/**
 * An element that counts an impression: when half of it has been visible for one second on end, once for as long
 * as it is mounted with that parent.
 * @example <Impression dataset="article" parent={id} field="impressions" className="card">…</Impression>
 */
export function Impression<const Name extends keyof TrackableOf<RegisteredDatasets> & string>({
  dataset,
  parent,
  field,
  as = 'div',
  ...rest
}: ImpressionProps<Name>): ReactElement {
  const tracker = useTracker()
  const element = useRef<HTMLElement>(null)
  const counted = useRef<string>(undefined)
  useEffect(() => {
    const name = `${dataset} ${parent} ${field}`
    // An effect may run twice for one mounting, as in StrictMode, and again with another tracker.
    if (!element.current || counted.current === name) return
    return onVisible(element.current, () => {
      counted.current = name
      ;(tracker as { increment(dataset: string, parent: unknown, field: string): void }).increment(
        dataset,
        parent,
        field,
      )
    })
  }, [tracker, dataset, parent, field])
  return createElement(as, { ...rest, ref: element })
}
