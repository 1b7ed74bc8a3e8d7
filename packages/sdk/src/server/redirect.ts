import { type RedirectLink, redirectText } from '@trackable/protocol'
import { createSigner } from './sign.ts'

/** A link that counts, and where the collector is. */
export interface RedirectRequest {
  /** Where the collector is, such as `https://stats.example.com`. */
  endpoint: string
  /** The write key that counts. */
  key: string
  dataset: string
  parent: string | number | bigint
  field: string
  /** Where the link leads: an absolute `http:` or `https:` URL. */
  to: string
}

/**
 * The URL of `/v1/go` that counts a click and leads to `to`, signed, so that it may lead to any origin.
 * @throws Error where `to` is no absolute http or https URL
 * @example
 * const href = await signRedirect(process.env.SECRET_KEY, {
 *   endpoint: 'https://stats.example.com', key: 'pk_…', dataset: 'link', parent: '7', field: 'clicks', to,
 * })
 */
export async function signRedirect(secretKey: string, request: RedirectRequest): Promise<string> {
  const { endpoint, key, dataset, field, to } = request
  if (!/^https?:\/\//i.test(to) || !URL.canParse(to)) {
    throw new Error(`to is "${to}"; expected an absolute http or https URL`)
  }
  const link: RedirectLink = { dataset, parent: String(request.parent), field, to }
  const { kid, sign } = await createSigner(secretKey)
  const path = [dataset, link.parent, field].map(encodeURIComponent).join('/')
  const query = new URLSearchParams({ key, to, sig: `${kid}.${await sign(redirectText(link))}` })
  return `${endpoint.replace(/\/+$/, '')}/v1/go/${path}?${query}`
}
