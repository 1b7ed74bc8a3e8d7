const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-([0-9a-f])[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/i

/** The version of an RFC 9562 UUID (7 for a batch, 8 for a batch of an import); 0 where it is none. */
export function uuidVersion(id: unknown): number {
  const match = typeof id === 'string' ? UUID.exec(id) : null
  return match ? Number.parseInt(match[1] as string, 16) : 0
}

/** The time in a UUIDv7, in milliseconds since 1970. */
export function uuidTime(id: string): number {
  return Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16)
}

/** A UUIDv7 (RFC 9562 section 5.7) of a time, in whole milliseconds since 1970, and ten random bytes. */
export function uuidv7(now: number, random: Uint8Array): string {
  return stamp(now.toString(16).padStart(12, '0') + hexOf(random), '7')
}

/** A UUIDv8 (RFC 9562 section 5.8) of sixteen bytes that the caller derived from content. */
export function uuidv8(bytes: Uint8Array): string {
  return stamp(hexOf(bytes.subarray(0, 16)), '8')
}

function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

function stamp(hex: string, version: string): string {
  const variant = '89ab'[Number.parseInt(hex[16] as string, 16) & 3]
  return hex.replace(/(.{8})(.{4}).(.{3}).(.{3})/, `$1-$2-${version}$3-${variant}$4-`)
}
