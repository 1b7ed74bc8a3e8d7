import { addRequest, given, type LogRecord, type Parsed } from './record.ts'

const S3 =
  /^\S+ (\S+) \[([^\]]+)\] (\S+) (\S+) \S+ (\S+) (\S+) (?:"(.*?)"|-) (\d{3}|-) \S+ (\d+|-) \S+ \S+ \S+ (?:"(.*?)"|-) (?:"(.*?)"|-)(?: |$)/
const BALANCER =
  /^(?:(?:https?|h2|wss?|grpcs?) )?(\d{4}-\d\d-\d\dT[\d:.]+Z) \S+ (\S+) \S+ \S+ \S+ \S+ (\d{3}|-) (?:\d{3}|-) (?:\d+|-) (\d+|-) "(.*?)" "(.*?)"(?: |$)/

/** A line of a server access log of S3. */
export function parseS3(line: string): Parsed {
  if (line[0] === '#') return 'nothing'
  const match = S3.exec(line)
  if (!match) return { problem: 'not the format of S3 server access logs' }
  const [, host, time, address, user, , , request, status, bytes, referrer, userAgent] = match
  const record: LogRecord = {
    time,
    host,
    address: given(address),
    user: given(user),
    status: given(status),
    bytes: bytes === '-' ? '0' : bytes,
    referrer: given(referrer),
    userAgent: given(userAgent),
  }
  addRequest(record, request ?? '')
  return record
}

/** A line of an access log of Elastic Load Balancing, classic or application. */
export function parseBalancer(line: string): Parsed {
  if (line[0] === '#') return 'nothing'
  const match = BALANCER.exec(line)
  if (!match) return { problem: 'not the format of Elastic Load Balancing' }
  const [, time, client, status, bytes, request, userAgent] = match
  const record: LogRecord = {
    time,
    address: given(client)?.replace(/:\d+$/, ''),
    status: given(status),
    bytes: bytes === '-' ? '0' : bytes,
    userAgent: given(userAgent),
  }
  addRequest(record, request ?? '')
  return record
}
