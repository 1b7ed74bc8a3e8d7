import { wrongUsage } from '../error.ts'
import type { Flags } from './flags.ts'

/** A collector, and a secret key of it. */
export interface Address {
  url: string
  key: string
}

/** What becomes of the events. `replace`: what a finished import of the name added is taken back first. */
export type Target =
  | ({ kind: 'send'; replace: boolean } & Address)
  | ({ kind: 'try' | 'undo' } & Address)
  | { kind: 'add up' }
  | { kind: 'write'; file: string }

/** The environment; the one place that reads it. */
export const environment: Record<string, string | undefined> = process.env

/** Reads where events go. @throws ConvertError of wrong usage */
export function readTarget(flags: Flags, env = environment): Target {
  const chosen = [
    flags.undo && '--undo',
    flags.replace && '--replace',
    flags.dryRun && '--dry-run',
    flags.out !== undefined && '--out',
  ].filter((name) => typeof name === 'string')
  if (chosen.length > 1) throw wrongUsage(`${chosen.join(' and ')} exclude each other; give one of them`)
  if (flags.out !== undefined) {
    if (flags.to) throw wrongUsage('--out writes to a file; leave --to out')
    return { kind: 'write', file: flags.out }
  }
  if (!(flags.to ?? env.TRACKABLE_TO) && (flags.peek !== undefined || flags.dryRun)) return { kind: 'add up' }
  const address = readAddress(flags, env)
  if (flags.undo) return { kind: 'undo', ...address }
  return flags.dryRun
    ? { kind: 'try', ...address }
    : { kind: 'send', replace: flags.replace ?? false, ...address }
}

/** Reads which collector. @throws ConvertError of wrong usage */
export function readAddress(flags: Pick<Flags, 'to' | 'key'>, env = environment): Address {
  const url = flags.to ?? env.TRACKABLE_TO
  if (!url)
    throw wrongUsage('missing; expected the address of a collector (or --out FILE, --dry-run, --peek N)')
  if (!/^https?:\/\/./.test(url) || !URL.canParse(url)) {
    throw wrongUsage(`${JSON.stringify(url)} is no address; expected one such as https://stats.example.com`)
  }
  const key = flags.key ?? env.TRACKABLE_KEY
  if (!key) throw wrongUsage('needs --key sk_… (or TRACKABLE_KEY), a secret key of that collector')
  return { url, key }
}
