/** What is told while documents and shadow roots are watched. */
export interface RootWatch {
  /** A document or shadow root that was found, once each; `signal` is aborted when watching ends. */
  onRoot?(root: Document | ShadowRoot, signal: AbortSignal): void
  /** An element that has the attribute: found, added later, or given another value. */
  onElement?(element: Element, value: string): void
  /** Something was added, removed or changed; told before the elements that came by it. */
  onChange?(): void
}

/**
 * Watches a document with all that belongs to it, now and later: shadow roots (closed ones too, where they are
 * attached after this) and iframes of the same origin. Returns what ends it.
 * @param attribute whose elements are told
 */
export function watchRoots(attribute: string, { onRoot, onElement, onChange }: RootWatch): () => void {
  // By their hosts, which do not say what closed roots they have.
  const known = new WeakMap<Node, Document | ShadowRoot>()
  const observer = new MutationObserver((records) => {
    onChange?.()
    for (const { type, target, addedNodes } of records) {
      if (type === 'childList') addedNodes.forEach(scan)
      else look(target as Element)
    }
  })
  const listening = new AbortController()
  const { signal } = listening

  function enter(root: Document | ShadowRoot | null | undefined): void {
    if (!root) return
    const host = (root as ShadowRoot).host ?? root
    if (!known.has(host)) {
      known.set(host, root)
      onRoot?.(root, signal)
      observer.observe(root, { childList: true, subtree: true, attributeFilter: [attribute] })
      // A frame loads another document with each navigation; the event is seen on its way down only.
      root.addEventListener('load', ({ target }) => enterFrame(target as Element), { capture: true, signal })
    }
    // Again where its host comes back: what is in it was let go of.
    lookWithin(root)
  }
  function enterFrame(element: Element): void {
    // That of another origin is null.
    if (/^I?FRAME$/.test(element.nodeName)) enter((element as HTMLIFrameElement).contentDocument)
  }
  function look(element: Element): void {
    const value = element.getAttribute?.(attribute)
    if (value != null) onElement?.(element, value)
    enter(known.get(element) ?? element.shadowRoot)
    enterFrame(element)
  }
  function scan(node: Node): void {
    look(node as Element)
    lookWithin(node)
  }
  function lookWithin(node: Node): void {
    ;(node as ParentNode).querySelectorAll?.('*').forEach(look)
  }

  const restore = onAttachShadow(enter)
  enter(document)
  // The parser may have put roots into hosts that it had inserted before.
  document.addEventListener('DOMContentLoaded', () => enter(document), { signal })
  return () => {
    restore()
    observer.disconnect()
    listening.abort()
  }
}

/** No event tells of a new shadow root, so the call that makes one does. Returns what takes that back. */
function onAttachShadow(callback: (root: ShadowRoot) => void): () => void {
  const { prototype } = Element
  const attach = prototype.attachShadow
  let living = true
  const watched = function (this: Element, init: ShadowRootInit): ShadowRoot {
    const root = attach.call(this, init)
    if (living) callback(root)
    return root
  }
  prototype.attachShadow = watched
  return () => {
    living = false
    if (prototype.attachShadow === watched) prototype.attachShadow = attach
  }
}
