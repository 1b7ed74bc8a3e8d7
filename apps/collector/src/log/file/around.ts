import type { LogFileSystem } from './file-system.ts'

const PAGE = 4096

/** The same file system, where pages that the disk cannot read are zeros: damage, that must not stop a start. */
export function readAround(fs: LogFileSystem): LogFileSystem {
  const read: LogFileSystem['read'] = async (path, from, length) => {
    try {
      return await fs.read(path, from, length)
    } catch (error) {
      if ((error as { code?: string }).code !== 'EIO') throw error
      if (length > PAGE) return pages(path, from, Math.min(length, (await fs.size(path)) - from))
      return Buffer.alloc(Math.max(0, Math.min(length, (await fs.size(path)) - from)))
    }
  }

  async function pages(path: string, from: number, length: number): Promise<Buffer> {
    const parts: Buffer[] = []
    for (let at = 0; at < length; at += PAGE) {
      parts.push(await read(path, from + at, Math.min(PAGE, length - at)))
    }
    return Buffer.concat(parts)
  }

  return { ...fs, read }
}
