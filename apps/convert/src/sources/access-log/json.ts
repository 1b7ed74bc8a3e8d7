import { isObject, type JsonObject, objectIn } from '../json-object.ts'
import { addRequest, addUrl, given, hostOf, type LogRecord, type Parsed, type ParseLine } from './record.ts'

// By column, the names under which log formats in JSON carry it: nginx's variables, Cloudflare's, and common others.
const NAMES: Record<Exclude<keyof LogRecord, 'path' | 'query'> | 'request', readonly string[]> = {
  time: [
    'time_iso8601',
    'time_local',
    'msec',
    '@timestamp',
    'timestamp',
    'time',
    'date',
    'ts',
    'EdgeStartTimestamp',
  ],
  host: ['host', 'http_host', 'server_name', 'vhost', 'ClientRequestHost'],
  address: ['remote_addr', 'client_ip', 'remote_ip', 'clientip', 'ip', 'ClientIP'],
  user: ['remote_user', 'user_id', 'user'],
  method: ['request_method', 'method', 'ClientRequestMethod'],
  url: ['request_uri', 'uri', 'path', 'url', 'ClientRequestURI'],
  request: ['request'],
  protocol: ['server_protocol', 'protocol', 'proto', 'ClientRequestProtocol'],
  status: ['status', 'response_status', 'EdgeResponseStatus'],
  bytes: ['body_bytes_sent', 'bytes_sent', 'bytes', 'size', 'length', 'EdgeResponseBytes'],
  referrer: ['http_referer', 'http_referrer', 'referer', 'referrer', 'ClientRequestReferer'],
  userAgent: ['http_user_agent', 'user_agent', 'userAgent', 'agent', 'ClientRequestUserAgent'],
}
const PREFIX = /^[\w.-]+\s*\|\s*(?=\{)/

/** Logs of JSON objects, one a line or over several: nginx with a JSON format, Caddy, and others with such names. */
export function createJson(): ParseLine {
  let open: string | undefined
  return (line): Parsed => {
    if (open !== undefined || line === '{') {
      open = open === undefined ? line : `${open}\n${line}`
      if (line !== '}') return 'nothing'
    }
    const text = open ?? line.replace(PREFIX, '')
    open = undefined
    const object = objectIn(text)
    if (!object) return { problem: 'no JSON object' }
    return isObject(object.request) ? caddy(object, object.request) : nginx(object)
  }
}

function nginx(object: JsonObject): Parsed {
  const value = (column: keyof typeof NAMES) => textIn(object, NAMES[column])
  const record: LogRecord = {
    time: value('time'),
    host: hostOf(value('host')),
    address: value('address'),
    user: value('user'),
    protocol: value('protocol'),
    status: value('status'),
    bytes: value('bytes') ?? '0',
    referrer: value('referrer'),
    userAgent: value('userAgent'),
  }
  const request = value('request')
  if (request) addRequest(record, request)
  const url = value('url')
  if (url) addUrl(record, url)
  record.method = value('method') ?? record.method
  return record.status !== undefined || record.path !== undefined ? record : 'nothing'
}

/** Caddy's log has other messages too; what is no request is nothing. */
function caddy(object: JsonObject, request: JsonObject): Parsed {
  if (request.uri === undefined || object.status === undefined) return 'nothing'
  const headers = isObject(request.headers) ? request.headers : {}
  const record: LogRecord = {
    time: textIn(object, ['ts', 'time']),
    host: hostOf(textIn(request, ['host'])),
    address: textIn(request, ['client_ip', 'remote_ip', 'remote_addr'])?.replace(/^(\d[\d.]+):\d+$/, '$1'),
    user: textIn(object, ['user_id']),
    method: textIn(request, ['method']),
    protocol: textIn(request, ['proto']),
    status: textIn(object, ['status']),
    bytes: textIn(object, ['size']) ?? '0',
    referrer: textIn(headers, ['Referer', 'referer']),
    userAgent: textIn(headers, ['User-Agent', 'user-agent']),
  }
  addUrl(record, String(request.uri))
  return record
}

function textIn(object: JsonObject, names: readonly string[]): string | undefined {
  for (const name of names) {
    const value = Array.isArray(object[name]) ? object[name][0] : object[name]
    if (typeof value === 'string' || typeof value === 'number') {
      const text = given(String(value))
      if (text !== undefined) return text
    }
  }
  return undefined
}
