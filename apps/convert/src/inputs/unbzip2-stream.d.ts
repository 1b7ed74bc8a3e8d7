declare module 'unbzip2-stream' {
  /** A stream of packed bytes in and unpacked ones out; both happen within `write` and `end`. */
  export default function createStream(): NodeJS.ReadWriteStream
}
